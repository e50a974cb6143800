/** What follows when the change of a challenge has been committed, refused, or nobody knows which. */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { isOpen, isRepeat, overError } from '../../engine/identity/challenge.ts';
import { limits } from '../../engine/limits.ts';
import type { ChallengeRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { deviceKey, deviceKind } from '../device/protocol.ts';
import type { Reply, Self } from '../kernel/types.ts';
import type { ChallengeMessage, Settled } from './protocol.ts';
import type { ChallengeState } from './state.ts';

type Message<T extends ChallengeMessage['type']> = Extract<ChallengeMessage, { type: T }>;

export function settled(
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
  // An end that could not be committed comes again; a completion is its device's to repeat.
  const again = attempt?.again ?? null;
  if (again !== null) self.timer(again.type, limits.commit_wait_ms, again);
  else if (isThenarError(error, 'unavailable', 'deadline_exceeded')) {
    self.timer('look', limits.commit_wait_ms, { type: 'look' });
  }
  resumeDeferred(state, self);
}

/** A completion ended without anybody knowing how, and its device has not asked again: what does the row say? */
export function look(context: Context, state: ChallengeState, self: Self<ChallengeMessage>): void {
  if (!isOpen(state.record) || state.attempt !== null) return;
  const { tenantId, challengeId } = state.record;
  self.effect(
    () => context.store.get('challenges', { tenantId, challengeId }),
    (outcome) => ({ type: 'looked', outcome }),
  );
}

export function looked(
  context: Context,
  state: ChallengeState,
  { outcome }: Message<'looked'>,
  self: Self<ChallengeMessage>,
): void {
  if (!isOpen(state.record) || state.attempt !== null) return;
  if (!outcome.ok) self.timer('look', limits.commit_wait_ms, { type: 'look' });
  else if (outcome.value !== null && outcome.value.version > state.record.version) {
    finish(context, state, foundOver(outcome.value), []);
  }
}

/** The end may have been committed by a state that was lost before it could tell: the device may wait for it still. */
export function tellIfWaiting(context: Context, record: ChallengeRecord): void {
  const { tenantId, deviceId, challengeId } = record;
  const tell = record.reason ?? record.status;
  const over = { type: 'challenge_over', challengeId, tell, ifWaiting: true } as const;
  context.directory.tell(deviceKind, deviceKey(tenantId, deviceId), over);
}

/** Its scanner may still be showing a challenge that ended behind its actor's back. */
function foundOver(record: ChallengeRecord): Settled {
  return { next: record, refusal: null, tellDevice: record.reason ?? record.status };
}

function finish(
  context: Context,
  state: ChallengeState,
  { next, refusal, tellDevice }: Settled,
  replies: readonly Reply<ChallengeRecord>[],
): void {
  const ended = isOpen(state.record) && !isOpen(next);
  publish(context, state, next);
  if (ended) measure(context, next);
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

/** How long one waited that nobody answered says how long challenges live, and nothing of people. */
function measure({ meter }: Context, { type, status, createdAt, completedAt }: ChallengeRecord): void {
  meter.challenges.of(type, status).value += 1;
  const answered = status === 'completed' || status === 'failed';
  if (answered && completedAt !== null)
    meter.challengeSeconds.of(type).observe((completedAt - createdAt) / 1000);
}

export function reloaded(
  context: Context,
  state: ChallengeState,
  message: Message<'reloaded'>,
  self: Self<ChallengeMessage>,
): void {
  const { attempt } = state;
  const { outcome } = message;
  const record = outcome.ok ? outcome.value : null;
  state.attempt = null;
  if (record === null) {
    const error = outcome.ok
      ? new ThenarError('challenge_not_found', 'There is no such challenge.')
      : outcome.error;
    for (const reply of attempt?.replies ?? []) reply.fail(error);
    const again = attempt?.again ?? null;
    if (again !== null) self.timer(again.type, limits.commit_wait_ms, again);
  } else {
    const { scanDigest, idempotencyKey, replies = [] } = attempt ?? {};
    const repeat = scanDigest != null && isRepeat(record, idempotencyKey ?? null, scanDigest);
    const refusal = repeat ? repeatedRefusal(record) : isOpen(record) ? inProgress() : overError(record);
    finish(
      context,
      state,
      { ...foundOver(record), refusal, ...(repeat ? { tellDevice: null } : {}) },
      replies,
    );
    // A row that somebody else moved on without ending it still has to end.
    if (attempt?.again != null && isOpen(record)) self.tell(attempt.again);
  }
  resumeDeferred(state, self);
}

/** What the first call was answered: a refused enrolment was an error, and so are its repeats. */
export function repeatedRefusal(record: ChallengeRecord): ThenarError | null {
  if (record.type !== 'enroll' || record.status !== 'failed') return null;
  return new ThenarError('palm_already_enrolled', 'This palm is enrolled for another user already.');
}

function resumeDeferred(state: ChallengeState, self: Self<ChallengeMessage>): void {
  const { deferred } = state;
  state.deferred = null;
  if (deferred !== null && isOpen(state.record)) self.tell(deferred);
}

export function publish(context: Context, state: ChallengeState, record: ChallengeRecord): void {
  state.record = record;
  context.views.challenges.set(record.challengeId, record);
  context.changes.tell(record.tenantId, 'challenge', record.challengeId, record.status);
}

export function inProgress(): ThenarError {
  return new ThenarError('challenge_in_progress', 'This challenge is being decided.');
}
