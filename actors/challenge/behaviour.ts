/** Behaviour of the challenge actor: decides once, by compare-and-set on its row. */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
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
import { deviceKey, deviceKind } from '../device/protocol.ts';
import type { Behaviour, Reply, Self } from '../kernel/types.ts';
import { refusing } from '../refusal.ts';
import { commitEvent } from './commit.ts';
import { completeChallenge } from './complete.ts';
import { type Attempt, type ChallengeMessage, challengeKind, type Settled } from './protocol.ts';
import { type ChallengeState, challengeSnapshotVersion, loadChallenge, snapshotChallenge } from './state.ts';

type Message<T extends ChallengeMessage['type']> = Extract<ChallengeMessage, { type: T }>;

export function challengeBehaviour(context: Context): Behaviour<ChallengeState, ChallengeMessage> {
  return {
    kind: challengeKind,
    idleMs: limits.challenge_idle_ms,
    load: (key, snapshot) => loadChallenge(context.store, key, snapshot),
    start(state, self) {
      context.views.challenges.set(state.record.challengeId, state.record);
      if (isOpen(state.record)) self.timer('due', untilDue(state, self), { type: 'due' });
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
      return reloaded(context, state, message);
    case 'written':
      if (!message.outcome.ok) context.log.debug({}, 'A presentation was not recorded');
      return;
    default:
      message satisfies never;
  }
}

/** Presenting and accepting: recorded beside the way, harmless when lost, never after the end. */
function note(
  context: Context,
  state: ChallengeState,
  event: Extract<ChallengeEvent, { type: 'presented' | 'accepted' }>,
  self: Self<ChallengeMessage>,
): void {
  publish(context, state, evolveChallenge(state.record, event));
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
  state.attempt = { scanDigest: null, idempotencyKey: null, replies };
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
  const left = untilDue(state, self);
  // The clock may have been set back: a challenge lives its whole life.
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
    message.reply.ok(record);
    return;
  }
  if (state.attempt !== null) {
    if (!sameAttempt(state.attempt, message)) throw inProgress();
    state.attempt.replies.push(message.reply);
    return;
  }
  if (record.expiresAt <= self.now()) {
    self.tell({ type: 'due' });
    throw overError({ ...record, status: 'expired' });
  }
  state.attempt = {
    scanDigest: message.scanDigest,
    idempotencyKey: message.idempotencyKey,
    replies: [message.reply],
  };
  self.effect(
    () => completeChallenge(context, record, message),
    (outcome) => ({ type: 'settled', outcome }),
  );
}

function settled(
  context: Context,
  state: ChallengeState,
  message: Message<'settled'>,
  self: Self<ChallengeMessage>,
): void {
  const { attempt } = state;
  if (message.outcome.ok) {
    state.attempt = null;
    finish(context, state, message.outcome.value, attempt?.replies ?? []);
    resumeDeferred(state, self);
    return;
  }
  const { error } = message.outcome;
  if (isThenarError(error, 'version_conflict')) {
    // Somebody else decided first, or an unknown commit took effect: the row says what happened.
    const { tenantId, challengeId } = state.record;
    self.effect(
      () => context.store.get('challenges', { tenantId, challengeId }),
      (outcome) => ({ type: 'reloaded', outcome }),
    );
    return;
  }
  state.attempt = null;
  for (const reply of attempt?.replies ?? []) reply.fail(error);
  resumeDeferred(state, self);
}

function finish(
  context: Context,
  state: ChallengeState,
  { next, refusal, tellDevice }: Settled,
  replies: readonly Reply<ChallengeRecord>[],
): void {
  publish(context, state, next);
  if (!isOpen(next)) {
    context.directory.tell(deviceKind, deviceKey(next.tenantId, next.deviceId), {
      type: 'challenge_over',
      challengeId: next.challengeId,
      tell: tellDevice,
    });
  }
  for (const reply of replies) {
    if (refusal === null) reply.ok(next);
    else reply.fail(refusal);
  }
}

function reloaded(context: Context, state: ChallengeState, message: Message<'reloaded'>): void {
  const { attempt } = state;
  state.attempt = null;
  const replies = attempt?.replies ?? [];
  const { outcome } = message;
  if (!outcome.ok || outcome.value === null) {
    const error = outcome.ok
      ? new ThenarError('challenge_not_found', 'There is no such challenge.')
      : outcome.error;
    for (const reply of replies) reply.fail(error);
    return;
  }
  const record = outcome.value;
  const digest = attempt?.scanDigest ?? null;
  const repeat = digest !== null && isRepeat(record, attempt?.idempotencyKey ?? null, digest);
  const refusal = repeat ? null : isOpen(record) ? inProgress() : overError(record);
  finish(context, state, { next: record, refusal, tellDevice: null }, replies);
}

function resumeDeferred(state: ChallengeState, self: Self<ChallengeMessage>): void {
  const { deferred } = state;
  state.deferred = null;
  if (deferred !== null && isOpen(state.record)) self.tell(deferred);
}

function publish(context: Context, state: ChallengeState, record: ChallengeRecord): void {
  state.record = record;
  context.views.challenges.set(record.challengeId, record);
}

function sameAttempt(attempt: Attempt, message: Message<'complete'>): boolean {
  if (message.idempotencyKey !== null) return attempt.idempotencyKey === message.idempotencyKey;
  return attempt.scanDigest !== null && Buffer.compare(attempt.scanDigest, message.scanDigest) === 0;
}

function inProgress(): ThenarError {
  return new ThenarError('challenge_in_progress', 'This challenge is being decided.');
}

/** Milliseconds to expiry; timers fire early by less than one. */
function untilDue(state: ChallengeState, self: Self<ChallengeMessage>): number {
  return Math.max(0, state.record.expiresAt - self.now());
}
