import { limits } from '../../engine/limits.ts';

/** Two numbers a socket; refilled when looked at, so an idle scanner costs no timer. */
export interface TokenBucket {
  tokens: number;
  /** `Clock.monotonic()` milliseconds. */
  refilledAt: number;
}

export function newBucket(now: number): TokenBucket {
  return { tokens: limits.scanner_calls_burst, refilledAt: now };
}

/** Takes one token for one message. False: the scanner sends more than its rate allows (close code 4429). */
export function takeToken(bucket: TokenBucket, now: number): boolean {
  const earned = ((now - bucket.refilledAt) / 1000) * limits.scanner_calls_per_s;
  bucket.tokens = Math.min(limits.scanner_calls_burst, bucket.tokens + Math.max(0, earned));
  bucket.refilledAt = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
