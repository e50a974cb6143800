import { scannerBurst } from '../../engine/identity/tenant.ts';

/** Two numbers a socket; refilled when looked at, so an idle scanner costs no timer. */
export interface TokenBucket {
  tokens: number;
  /** `Clock.monotonic()` milliseconds. */
  refilledAt: number;
}

export function newBucket(now: number): TokenBucket {
  return { tokens: Number.POSITIVE_INFINITY, refilledAt: now };
}

/**
 * Takes one token for one message. False: the scanner sends more than its rate allows (close code 4429).
 * @param perSecond as its tenant is configured at this moment
 */
export function takeToken(bucket: TokenBucket, now: number, perSecond: number): boolean {
  const earned = ((now - bucket.refilledAt) / 1000) * perSecond;
  bucket.tokens = Math.min(scannerBurst(perSecond), bucket.tokens + Math.max(0, earned));
  bucket.refilledAt = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
