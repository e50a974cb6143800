/** Changes of the device's row: pairing, binding, renewal, suspension, revocation. */

import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { challengeKey, challengeKind } from '../challenge/protocol.ts';
import type { Context } from '../context.ts';
import type { Self } from '../kernel/types.ts';
import { sendPush } from './challenges.ts';
import type { DeviceMessage } from './protocol.ts';
import type { DeviceState } from './state.ts';

type Message<T extends DeviceMessage['type']> = Extract<DeviceMessage, { type: T }>;

/** One change at a time: the next decides on the row that the one before left. */
export function changeRow(
  context: Context,
  state: DeviceState,
  message: Message<'change'>,
  self: Self<DeviceMessage>,
): DeviceState {
  if (state.changing) {
    const max = limits.device_changes_waiting_max * (message.urgent ? 2 : 1);
    if (state.changesWaiting.length >= max) {
      throw new ThenarError('engine_busy', 'This device is being changed by too many callers.');
    }
    if (message.urgent) state.changesWaiting.unshift(message);
    else state.changesWaiting.push(message);
    return state;
  }
  const change = message.decide(state.record);
  state.changing = true;
  state.record = { ...state.record, version: state.record.version + 1 };
  const { deviceId, tenantId, version } = state.record;
  self.effect(
    () =>
      context.store.commit({
        tenantId,
        writes: [
          {
            update: 'devices',
            where: { deviceId, version: { lt: version } },
            set: { ...change.set, version },
            otherwise: 'version_conflict',
          },
          ...change.writes,
        ],
        audit: change.audit,
      }),
    (outcome) => ({ type: 'change_committed', change, reply: message.reply, outcome }),
  );
  return state;
}

export function changeCommitted(
  context: Context,
  state: DeviceState,
  message: Message<'change_committed'>,
  self: Self<DeviceMessage>,
): DeviceState {
  state.changing = false;
  const waiting = state.changesWaiting.shift();
  if (waiting !== undefined) self.tell(waiting);
  if (!message.outcome.ok) {
    message.reply.fail(message.outcome.error);
    return state;
  }
  const { change } = message;
  state.record = { ...state.record, ...change.set };
  context.views.devices.set(state.record.deviceId, state.record);
  change.committed?.();
  if (change.close !== undefined) {
    state.session?.link.close(change.close.code, change.close.reason);
    state.session = null;
    context.views.connections.delete(state.record.deviceId);
  }
  if (state.record.status === 'revoked') {
    for (const challenge of state.pending.values()) {
      context.directory.tell(challengeKind, challengeKey(challenge), {
        type: 'cancel',
        reason: 'device_revoked',
        actor: 'engine',
      });
    }
  }
  message.reply.ok(state.record);
  return change.push === undefined ? state : sendPush(context, state, change.push, self);
}
