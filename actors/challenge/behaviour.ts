/** Behaviour of the challenge actor: decides once, by compare-and-set on its row. */
import {
  type ChallengeEvent,
  evolveChallenge,
  isOpen,
  isRepeat,
  overError,
} from '../../engine/identity/challenge.ts';
import { limits } from '../../engine/limits.ts';
import type { ChallengeRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import type { Behaviour, Reply, Self } from '../kernel/types.ts';
import { refusing } from '../refusal.ts';
import { commitEvent } from './commit.ts';
import { completeChallenge } from './complete.ts';
import { type Attempt, type ChallengeMessage, challengeKind } from './protocol.ts';
import {
  inProgress,
  look,
  looked,
  publish,
  reloaded,
  repeatedRefusal,
  settled,
  tellIfWaiting,
} from './settle.ts';
import { type ChallengeState, challengeSnapshotVersion, loadChallenge, snapshotChallenge } from './state.ts';

type Message<T extends ChallengeMessage['type']> = Extract<ChallengeMessage, { type: T }>;

export function challengeBehaviour(context: Context): Behaviour<ChallengeState, ChallengeMessage> {
  return {
    kind: challengeKind,
    idleMs: limits.challenge_idle_ms,
    load: (key, snapshot) => loadChallenge(context.store, key, snapshot),
    start(state, self) {
      context.views.challenges.set(state.record.challengeId, state.record);
      state.dueAt = context.clock.monotonic() + Math.max(0, state.record.expiresAt - self.now());
      if (isOpen(state.record)) self.timer('due', untilDue(context, state), { type: 'due' });
      else tellIfWaiting(context, state.record);
      return state;
    },
    receive: refusing((state, message, self) => {
      receive(context, state, message, self);
      return state;
    }),
    // An open challenge stays: its timer ends it. One that is over leaves soon.
    idle: (state) => !isOpen(state.record) && state.attempt === null,
    stopped: (state) => {
      context.views.challenges.delete(state.record.challengeId);
      context.traces.challengeGone(state.record.challengeId);
    },
    stateName: (state) => state.record.status,
    describe: ({ record, attempt }) => ({
      challenge_id: record.challengeId,
      type: record.type,
      status: record.status,
      device_id: record.deviceId,
      attempts: record.attempts,
      deciding: attempt !== null,
      expires_at: record.expiresAt,
    }),
    snapshotVersion: challengeSnapshotVersion,
    snapshotState: snapshotChallenge,
  };
}

function receive(
  context: Context,
  state: ChallengeState,
  message: ChallengeMessage,
  self: Self<ChallengeMessage>,
): void {
  switch (message.type) {
    case 'presented':
      if (state.record.status === 'pending')
        note(context, state, { type: 'presented', at: self.now() }, self);
      return;
    case 'noted':
      return write(context, state, self);
    case 'accept':
      return accept(context, state, message.reply, self);
    case 'reject':
      return change(
        context,
        state,
        'rejected_by_device',
        message.reason,
        message.actor,
        [message.reply],
        self,
      );
    case 'cancel':
      return change(context, state, 'cancelled', message.reason, message.actor, [], self, message);
    case 'due':
      return due(context, state, message, self);
    case 'complete':
      return complete(context, state, message, self);
    case 'settled':
      return settled(context, state, message, self);
    case 'reloaded':
      return reloaded(context, state, message, self);
    case 'look':
      return look(context, state, self);
    case 'looked':
      return looked(context, state, message, self);
    case 'written':
      if (!message.outcome.ok) context.log.debug({}, 'A presentation was not recorded');
      return;
    default:
      message satisfies never;
  }
}

/**
 * Presenting and accepting: recorded beside the way, harmless when lost, never after the end. Whoever asks sees them
 * at once; the row is told a little later, because most challenges end before, and their end tells it too.
 */
function note(
  context: Context,
  state: ChallengeState,
  event: Extract<ChallengeEvent, { type: 'presented' | 'accepted' }>,
  self: Self<ChallengeMessage>,
): void {
  publish(context, state, evolveChallenge(state.record, event));
  self.timer('noted', limits.presentation_write_ms, { type: 'noted' });
}

function write(context: Context, state: ChallengeState, self: Self<ChallengeMessage>): void {
  if (!isOpen(state.record)) return;
  if (state.attempt !== null) {
    // What is under way may end without a commit.
    self.timer('noted', limits.presentation_write_ms, { type: 'noted' });
    return;
  }
  const { challengeId, tenantId, version, status, presentedAt, acceptedAt } = state.record;
  self.effect(
    () =>
      context.store.commit({
        tenantId,
        writes: [
          { update: 'challenges', where: { challengeId, version }, set: { status, presentedAt, acceptedAt } },
        ],
      }),
    (outcome) => ({ type: 'written', outcome }),
  );
}

function accept(
  context: Context,
  state: ChallengeState,
  reply: Reply<ChallengeRecord>,
  self: Self<ChallengeMessage>,
): void {
  if (!isOpen(state.record)) throw overError(state.record);
  if (state.record.status !== 'accepted') note(context, state, { type: 'accepted', at: self.now() }, self);
  reply.ok(state.record);
}

/** Ends the challenge without a decision. */
function change(
  context: Context,
  state: ChallengeState,
  how: 'rejected_by_device' | 'cancelled' | 'expired',
  reason: string,
  actor: string,
  replies: Reply<ChallengeRecord>[],
  self: Self<ChallengeMessage>,
  deferrable?: Message<'cancel' | 'due'>,
): void {
  if (!isOpen(state.record)) {
    for (const reply of replies) reply.fail(overError(state.record));
    return;
  }
  if (state.attempt !== null) {
    if (deferrable !== undefined) state.deferred = deferrable;
    for (const reply of replies) reply.fail(inProgress());
    return;
  }
  const at = self.now();
  const event: ChallengeEvent =
    how === 'expired' ? { type: 'expired', at } : { type: 'cancelled', at, reason };
  const tellDevice = how === 'rejected_by_device' ? null : reason;
  state.attempt = { scanDigest: null, idempotencyKey: null, replies, again: deferrable ?? null };
  self.effect(
    () => commitEvent(context, state.record, event, { actor, reason, tellDevice }),
    (outcome) => ({ type: 'settled', outcome }),
  );
}

function due(
  context: Context,
  state: ChallengeState,
  message: Message<'due'>,
  self: Self<ChallengeMessage>,
): void {
  const left = untilDue(context, state);
  // Whoever looks for overdue challenges goes by the time of day.
  if (left > 0) self.timer('due', left, message);
  else change(context, state, 'expired', 'expired', 'engine', [], self, message);
}

function complete(
  context: Context,
  state: ChallengeState,
  message: Message<'complete'>,
  self: Self<ChallengeMessage>,
): void {
  const { record } = state;
  if (!isOpen(record)) {
    if (!isRepeat(record, message.idempotencyKey, message.scanDigest)) throw overError(record);
    const refusal = repeatedRefusal(record);
    if (refusal !== null) throw refusal;
    message.reply.ok(record);
    return;
  }
  if (state.attempt !== null) {
    if (!sameAttempt(state.attempt, message)) throw inProgress();
    state.attempt.replies.push(message.reply);
    return;
  }
  if (untilDue(context, state) === 0) {
    self.tell({ type: 'due' });
    throw overError({ ...record, status: 'expired' });
  }
  state.attempt = {
    scanDigest: message.scanDigest,
    idempotencyKey: message.idempotencyKey,
    replies: [message.reply],
    again: null,
  };
  self.effect(
    () => completeChallenge(context, record, message),
    (outcome) => ({ type: 'settled', outcome }),
  );
}

function sameAttempt(attempt: Attempt, message: Message<'complete'>): boolean {
  if (message.idempotencyKey !== null) return attempt.idempotencyKey === message.idempotencyKey;
  return attempt.scanDigest !== null && Buffer.compare(attempt.scanDigest, message.scanDigest) === 0;
}

/** Milliseconds to expiry; timers fire early by less than one. */
function untilDue(context: Context, state: ChallengeState): number {
  return Math.max(0, state.dueAt - context.clock.monotonic());
}
