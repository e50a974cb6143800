/** What waits for a device: challenges and other pushes, each with its sequence. */
import { ThenarError } from '../../engine/errors.ts';
import { evolveChallenge, newChallenge } from '../../engine/identity/challenge.ts';
import { assertDeviceUsable } from '../../engine/identity/device.ts';
import { limits } from '../../engine/limits.ts';
import type { Write } from '../../engine/ports.ts';
import { challengeKey, challengeKind } from '../challenge/protocol.ts';
import { newChallengeState } from '../challenge/state.ts';
import type { Context } from '../context.ts';
import type { Self } from '../kernel/types.ts';
import type { DeviceMessage, Push, PushBody } from './protocol.ts';
import { type DeviceState, outboxRow } from './state.ts';

type Message<T extends DeviceMessage['type']> = Extract<DeviceMessage, { type: T }>;

/** Decides a challenge and commits it with its push; nobody hears of it before that. */
export function createChallenge(
  context: Context,
  state: DeviceState,
  message: Message<'create_challenge'>,
  self: Self<DeviceMessage>,
): DeviceState {
  assertDeviceUsable(state.record);
  if (state.pending.size + state.creating >= limits.challenges_pending_per_device_max) {
    throw new ThenarError('limit_reached', 'Too many challenges wait for this device.', {
      details: { limit: limits.challenges_pending_per_device_max },
    });
  }
  const now = self.now();
  const challenge = newChallenge(context.random.uuid(), message.draft, state.record, now);
  const push = { seq: nextSeq(state), method: 'challenge.present', challenge } as const;
  state.creating += 1;
  const { userId } = message.draft.user;
  const writes = pushWrites(state, push, now);
  self.effect(
    () =>
      context.store.commit({
        tenantId: challenge.tenantId,
        writes: [
          {
            check: 'users',
            where: { userId, tenantId: challenge.tenantId, status: 'active' },
            otherwise: 'user_suspended',
          },
          { insert: 'challenges', row: challenge },
          ...writes,
        ],
        audit: [
          {
            eventType: 'challenge_created',
            actor: message.actor,
            userId,
            details: {
              challenge_id: challenge.challengeId,
              type: challenge.type,
              device_id: challenge.deviceId,
            },
          },
        ],
      }),
    (outcome) => ({ type: 'challenge_committed', push, reply: message.reply, outcome }),
  );
  return state;
}

export function challengeCommitted(
  context: Context,
  state: DeviceState,
  message: Message<'challenge_committed'>,
): DeviceState {
  state.creating -= 1;
  if (!message.outcome.ok) {
    message.reply.fail(message.outcome.error);
    return state;
  }
  const { challenge } = message.push;
  const presented =
    state.session === null
      ? challenge
      : evolveChallenge(challenge, { type: 'presented', at: context.clock.now() });
  state.pending.set(challenge.challengeId, presented);
  context.directory.adopt(challengeKind, challengeKey(challenge), newChallengeState(challenge));
  remember(state, message.push);
  if (state.session !== null) {
    state.session.link.push({ ...message.push, challenge: presented });
    context.directory.tell(challengeKind, challengeKey(challenge), { type: 'presented' });
  }
  message.reply.ok(presented);
  return state;
}

/** A challenge ended: the device is told when it did not end it itself. */
export function challengeOver(
  context: Context,
  state: DeviceState,
  message: Message<'challenge_over'>,
  self: Self<DeviceMessage>,
): DeviceState {
  const { challengeId } = message;
  if (!state.pending.delete(challengeId)) return state;
  for (const push of state.outbox) {
    if (push.method === 'challenge.present' && push.challenge.challengeId === challengeId) {
      state.acknowledged.push(push.seq);
    }
  }
  state.outbox = state.outbox.filter(
    (push) => push.method !== 'challenge.present' || push.challenge.challengeId !== challengeId,
  );
  self.timer('flush', limits.snapshot_coalesce_ms, { type: 'flush_acknowledged' });
  if (message.tell === null) return state;
  return sendPush(context, state, { method: 'challenge.cancel', challengeId, reason: message.tell }, self);
}

/** Gives a push its sequence, stores it, and sends it once it is stored. */
export function sendPush(
  context: Context,
  state: DeviceState,
  body: PushBody,
  self: Self<DeviceMessage>,
): DeviceState {
  const push: Push = { ...body, seq: nextSeq(state) };
  remember(state, push);
  const writes = pushWrites(state, push, self.now());
  self.effect(
    () => context.store.commit({ tenantId: state.record.tenantId, writes }),
    (outcome) => ({ type: 'push_committed', push, outcome }),
  );
  return state;
}

function nextSeq(state: DeviceState): number {
  state.record = { ...state.record, seq: state.record.seq + 1, version: state.record.version + 1 };
  return state.record.seq;
}

/** The oldest pushes go when a scanner stays away: a scanner behind them starts over from `pending`. */
function remember(state: DeviceState, push: Push): void {
  state.outbox.push(push);
  if (state.outbox.length <= limits.device_outbox_max) return;
  const dropped = state.outbox.shift();
  if (dropped === undefined) return;
  state.droppedSeq = dropped.seq;
  state.acknowledged.push(dropped.seq);
}

function pushWrites(state: DeviceState, push: Push, now: number): Write[] {
  const { deviceId, seq, version } = state.record;
  return [
    { insert: 'deviceOutbox', row: outboxRow(state.record, push, now) },
    // Only ever forwards: a slower writer that believes it owns this device changes nothing.
    {
      update: 'devices',
      where: { deviceId, version: { lt: version } },
      set: { seq, version },
      otherwise: 'version_conflict',
    },
  ];
}
