/** Behaviour of the device actor. The cases are one step each; `session.ts` and `row.ts` hold the longer ones. */
import { limits } from '../../engine/limits.ts';
import { challengeKey, challengeKind } from '../challenge/protocol.ts';
import { newChallengeState } from '../challenge/state.ts';
import type { Context } from '../context.ts';
import type { Behaviour, Self } from '../kernel/types.ts';
import { refusing } from '../refusal.ts';
import {
  challengeCommitted,
  challengeFound,
  challengeOver,
  challengeUncertain,
  createChallenge,
  pushCommitted,
  sendPush,
} from './challenges.ts';
import { noteOwing, type Owing, oweAgain, tellConfiguration } from './configuration.ts';
import { inOrder, type PushOutcome } from './order.ts';
import { type DeviceMessage, deviceKind } from './protocol.ts';
import { changeCommitted, changeRow, doubtAgain, lookAtRow, type RowDoubts, rowFound } from './row.ts';
import {
  acknowledge,
  closeSession,
  flushAcknowledged,
  flushed,
  openSession,
  remindToRenew,
} from './session.ts';
import { type DeviceState, isSettled, isStored, loadDevice, snapshotDevice } from './state.ts';

export function deviceBehaviour(context: Context): Behaviour<DeviceState, DeviceMessage> {
  const doubts: RowDoubts = new Map();
  const owing: Owing = new Set();
  return {
    kind: deviceKind,
    idleMs: limits.actor_idle_ms,
    load: (key, snapshot) => loadDevice(context.store, key, snapshot),
    start(state, self) {
      doubtAgain(doubts, state, self);
      oweAgain(owing, state, self);
      context.views.devices.set(state.record.deviceId, state.record);
      // One that was committed just before this actor was restarted has nobody yet who ends it in time.
      for (const challenge of state.pending.values()) {
        context.directory.adopt(challengeKind, challengeKey(challenge), newChallengeState(challenge));
      }
      return state;
    },
    receive: refusing((state, message, self) => {
      const next = receive(context, doubts, state, message, self);
      if (isStored(next)) next.stableVersion = next.record.version;
      noteOwing(owing, next);
      return next;
    }),
    idle: (state) => state.session === null && isSettled(state) && !state.owesConfiguration,
    stopped(state) {
      context.views.devices.delete(state.record.deviceId);
      context.views.connections.delete(state.record.deviceId);
      state.session?.link.close(1012, 'restarting');
    },
    stateName: (state) => (state.session === null ? state.record.status : 'online'),
    describe: (state) => ({
      device_id: state.record.deviceId,
      status: state.record.status,
      session_id: state.session?.sessionId ?? null,
      online_since: state.session?.since ?? null,
      seq: state.record.seq,
      unacknowledged: state.outbox.length,
      owes_configuration: state.owesConfiguration,
      pending: [...state.pending.keys()],
    }),
    snapshotVersion: (state) => state.stableVersion,
    snapshotState: snapshotDevice,
  };
}

function receive(
  context: Context,
  doubts: RowDoubts,
  state: DeviceState,
  message: DeviceMessage,
  self: Self<DeviceMessage>,
): DeviceState {
  switch (message.type) {
    case 'create_challenge':
      return createChallenge(context, state, message, self);
    case 'challenge_committed':
    case 'push_committed':
      return settled(context, state, message, self);
    case 'challenge_uncertain':
      return challengeUncertain(context, state, message, self);
    case 'challenge_found':
      return challengeFound(context, state, message, self);
    case 'challenge_over':
      return challengeOver(context, state, message, self);
    case 'open_session':
      return openSession(context, state, message, self);
    case 'acknowledge':
      return acknowledge(state, message, self);
    case 'flush_acknowledged':
      return flushAcknowledged(context, state, self);
    case 'session_closed':
      return closeSession(context, state, message, self);
    case 'pending':
      message.reply.ok(
        [...state.pending.values()].map((c) => context.views.challenges.get(c.challengeId) ?? c),
      );
      return state;
    case 'change':
      return changeRow(context, state, message, self);
    case 'change_committed':
      return changeCommitted(context, doubts, state, message, self);
    case 'look_at_row':
      lookAtRow(context, state, message.change, true, self);
      return state;
    case 'row_found':
      return rowFound(context, doubts, state, message, self);
    case 'look_at_certificate':
      return remindToRenew(context, state, self);
    case 'push':
      return sendPush(context, state, message.body, self);
    case 'tell_configuration':
      return tellConfiguration(context, state, self);
    case 'flushed':
      return flushed(context, state, message, self);
    default:
      return message satisfies never;
  }
}

/** A push was stored, or not: it is taken up with those that waited for it. */
function settled(
  context: Context,
  state: DeviceState,
  message: PushOutcome,
  self: Self<DeviceMessage>,
): DeviceState {
  let next = state;
  for (const outcome of inOrder(state, message)) {
    next =
      outcome.type === 'push_committed'
        ? pushCommitted(context, next, outcome, self)
        : challengeCommitted(context, next, outcome, self);
  }
  return next;
}
