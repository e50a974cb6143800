/**
 * Attempts at one face. Each is counted, and where it is one too many the face locked, before anybody looks at it:
 * so neither many attempts at once nor an engine that is killed in between lets more through. One that matched
 * forgives itself and all before it; one that failed for no fault of the person forgives itself alone.
 */
import { limits } from '../limits.ts';
import type { FaceRecord } from '../records.ts';

export type AttemptState = Pick<FaceRecord, 'attempts' | 'forgiven' | 'lockedUntil'>;

/** @returns how many milliseconds it is locked still, or the face with one more attempt: its number is `attempts` */
export function beginAttempt(face: AttemptState, now: number): { readonly lockedMs: number } | AttemptState {
  if (face.lockedUntil !== null && face.lockedUntil > now) return { lockedMs: face.lockedUntil - now };
  const attempts = face.attempts + 1;
  const held = attempts - face.forgiven;
  const lockedUntil = held % limits.face_attempts_max === 0 ? now + lockMs(held) : null;
  return { attempts, forgiven: face.forgiven, lockedUntil };
}

/** @param attempt the number of the one that matched */
export function attemptMatched(face: AttemptState, attempt: number): AttemptState {
  return forgiving(face, Math.max(face.forgiven, attempt));
}

/** @param attempt the number of the one that is not held against anybody; one forgiven already changes nothing */
export function attemptExcused(face: AttemptState, attempt: number): AttemptState {
  return attempt <= face.forgiven ? face : forgiving(face, face.forgiven + 1);
}

/** Only as many failures as lock keep the lock: each lock was set by the attempt that made them as many. */
function forgiving({ attempts, lockedUntil }: AttemptState, forgiven: number): AttemptState {
  const held = attempts - forgiven;
  const locks = held > 0 && held % limits.face_attempts_max === 0;
  return { attempts, forgiven, lockedUntil: locks ? lockedUntil : null };
}

function lockMs(held: number): number {
  const locksBefore = held / limits.face_attempts_max - 1;
  return Math.min(limits.face_lock_ms * limits.face_lock_factor ** locksBefore, limits.face_lock_max_ms);
}
