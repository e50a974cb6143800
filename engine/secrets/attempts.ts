import { limits } from '../limits.ts';
import type { AttemptRecord } from '../records.ts';

/**
 * What is guessed. A code has tries of its own besides; a success deletes the record. Of faces it is whether they are
 * registered: each refusal as somebody else's tells.
 */
export type AttemptKind = 'login' | 'code' | 'face_registration';

/** Milliseconds until the target may be tried again; 0 when it may be tried now. */
export function lockedForMs(record: AttemptRecord | null, now: number): number {
  return Math.max(0, (record?.lockedUntil ?? 0) - now);
}

/**
 * The record after one more failure. Failures count together within `limits.login_lock_ms` of the first. At the
 * maximum the target is locked for that long; each failure after a lock ran out locks it again for twice as long, up
 * to `limits.login_lock_max_ms`, and is forgotten only after a quiet time of that length.
 * @param now epoch milliseconds
 */
export function afterFailure(target: string, record: AttemptRecord | null, now: number): AttemptRecord {
  const counts = record !== null && !forgotten(record, now);
  const failures = (counts ? record.failures : 0) + 1;
  const windowStartedAt = counts ? record.windowStartedAt : now;
  const excess = failures - limits.login_failures_max;
  const lock = Math.min(limits.login_lock_ms * 2 ** excess, limits.login_lock_max_ms);
  return { target, failures, windowStartedAt, lockedUntil: excess < 0 ? null : now + lock };
}

/** So many wrong guesses within a window that begins with the first; more of them wait for the window to end. */
export interface Allowance {
  /** Names the row that counts them. */
  readonly target: string;
  readonly max: number;
  /** At most `limits.login_lock_ms`, for which rows of failures are kept. */
  readonly windowMs: number;
}

/** The record after one more wrong guess; at the maximum it is locked until the window ends. */
export function afterGuess(allowance: Allowance, record: AttemptRecord | null, now: number): AttemptRecord {
  const { target, max, windowMs } = allowance;
  const failures = guessesHeld(allowance, record, now) + 1;
  // A clock that was set back must not make the window longer.
  const windowStartedAt = failures === 1 ? now : Math.min(record?.windowStartedAt ?? now, now);
  return {
    target,
    failures,
    windowStartedAt,
    lockedUntil: failures >= max ? windowStartedAt + windowMs : null,
  };
}

/** Wrong guesses that count now. */
export function guessesHeld({ windowMs }: Allowance, record: AttemptRecord | null, now: number): number {
  return record !== null && now < record.windowStartedAt + windowMs ? record.failures : 0;
}

/** Nothing is held against the target any more: the record can be deleted. */
export function forgotten(record: AttemptRecord, now: number): boolean {
  return record.lockedUntil === null
    ? now - record.windowStartedAt >= limits.login_lock_ms
    : now - record.lockedUntil >= limits.login_lock_max_ms;
}
