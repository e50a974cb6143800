/** Changes of the device's row: pairing, binding, renewal, suspension, revocation. */

import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { ChallengeRecord, DeviceRecord } from '../../engine/records.ts';
import { challengeKey, challengeKind } from '../challenge/protocol.ts';
import type { Context } from '../context.ts';
import type { Self } from '../kernel/types.ts';
import { sendPush } from './challenges.ts';
import type { DeviceChange, DeviceMessage } from './protocol.ts';
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
    (outcome) => ({ type: 'change_committed', change, version, reply: message.reply, outcome }),
  );
  return state;
}

/**
 * Changes whose commits ended without anybody knowing how, by device; it outlives the actors, which may start again
 * before that is known.
 */
export type RowDoubts = Map<string, DeviceChange>;

/** Nobody changes the row before it is known what it is. */
export function doubtAgain(doubts: RowDoubts, state: DeviceState, self: Self<DeviceMessage>): void {
  const change = doubts.get(state.record.deviceId);
  if (change === undefined) return;
  state.changing = true;
  self.timer('row', limits.commit_wait_ms, { type: 'look_at_row', change });
}

export function changeCommitted(
  context: Context,
  doubts: RowDoubts,
  state: DeviceState,
  { change, version, outcome, reply }: Message<'change_committed'>,
  self: Self<DeviceMessage>,
): DeviceState {
  if (!outcome.ok) {
    reply.fail(outcome.error);
    // Later changes wait: each decides on the row as it is, and nobody knows that now.
    if (isThenarError(outcome.error, 'unavailable')) {
      doubts.set(state.record.deviceId, change);
      lookAtRow(context, state, change, false, self);
    } else nextChange(state, self);
    return state;
  }
  state.committedVersion = Math.max(state.committedVersion, version);
  nextChange(state, self);
  take(context, state, change);
  reply.ok(state.record);
  return change.push === undefined ? state : sendPush(context, state, change.push, self);
}

function nextChange(state: DeviceState, self: Self<DeviceMessage>): void {
  state.changing = false;
  const waiting = state.changesWaiting.shift();
  if (waiting !== undefined) self.tell(waiting);
}

/** What memory and the live session make of a change that was committed. */
function take(context: Context, state: DeviceState, change: DeviceChange): void {
  state.record = { ...state.record, ...change.set };
  context.views.devices.set(state.record.deviceId, state.record);
  change.committed?.();
  if (change.close !== undefined) {
    state.session?.link.close(change.close.code, change.close.reason);
    state.session = null;
    context.views.connections.delete(state.record.deviceId);
  }
  if (state.record.status !== 'revoked') return;
  for (const challenge of state.pending.values()) cancelRevoked(context, challenge);
}

/** Nobody can complete it any more. */
export function cancelRevoked(context: Context, challenge: ChallengeRecord): void {
  const message = { type: 'cancel', reason: 'device_revoked', actor: 'engine' } as const;
  context.directory.tell(challengeKind, challengeKey(challenge), message);
}

/**
 * The commit of a change ended without anybody knowing how. Its caller was told `unavailable`; if the row has it all
 * the same, memory must follow: a revocation that only the database knows of is none.
 * @param last nothing can be under way any more
 */
export function lookAtRow(
  context: Context,
  state: DeviceState,
  change: DeviceChange,
  last: boolean,
  self: Self<DeviceMessage>,
): void {
  const { tenantId, deviceId } = state.record;
  self.effect(
    () => context.store.get('devices', { tenantId, deviceId }),
    (outcome) => ({ type: 'row_found', change, last, outcome }),
  );
}

export function rowFound(
  context: Context,
  doubts: RowDoubts,
  state: DeviceState,
  { change, last, outcome }: Message<'row_found'>,
  self: Self<DeviceMessage>,
): DeviceState {
  if (!outcome.ok) {
    // Nobody waits for a database that is away.
    for (const waiting of state.changesWaiting.splice(0)) waiting.reply.fail(outcome.error);
  }
  const took = outcome.ok && outcome.value !== null && has(outcome.value, change.set);
  if (!took && !(outcome.ok && last)) {
    self.timer('row', limits.commit_wait_ms, { type: 'look_at_row', change });
    return state;
  }
  doubts.delete(state.record.deviceId);
  nextChange(state, self);
  if (!took) return state;
  take(context, state, change);
  return change.push === undefined ? state : sendPush(context, state, change.push, self);
}

/** Changes of a row go through its one writer, one at a time: what has all of a change has it from there. */
function has(row: DeviceRecord, set: Partial<DeviceRecord>): boolean {
  return Object.entries(set).every(([column, value]) => row[column as keyof DeviceRecord] === value);
}
