import { limits } from '../limits.ts';
import type { Random } from '../ports.ts';

/** What came of one attempt: a status from the endpoint, or why there was none. */
export type AttemptOutcome =
  | { readonly status: number; readonly retryAfterMs: number | null }
  | { readonly error: string };

/** What happens to the delivery next. */
export type NextStep =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly at: number }
  /** The endpoint says that it is gone for good (410): disable it. */
  | { readonly kind: 'gone' }
  /** All attempts are used up; the delivery stays for replay. */
  | { readonly kind: 'failed' };

/**
 * Decides after an attempt. Waits grow exponentially with full jitter, so that an endpoint coming back is not hit by
 * everything at once; a longer Retry-After is honoured within `limits.webhook_backoff_max_ms`.
 * @param attempts how many were made, this one included
 * @param now epoch milliseconds
 */
export function afterAttempt(
  attempts: number,
  outcome: AttemptOutcome,
  now: number,
  random: Pick<Random, 'fraction'>,
): NextStep {
  const status = 'status' in outcome ? outcome.status : null;
  if (status !== null && status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'gone' };
  if (attempts >= limits.webhook_attempts_max) return { kind: 'failed' };
  const asked = 'retryAfterMs' in outcome ? (outcome.retryAfterMs ?? 0) : 0;
  return retryStep(attempts, asked, now, random);
}

/** @param askedMs what the endpoint asked for */
export function retryStep(
  attempts: number,
  askedMs: number,
  now: number,
  random: Pick<Random, 'fraction'>,
): Extract<NextStep, { kind: 'retry' }> {
  const wait = Math.max(backoffMs(attempts, random), Math.min(askedMs, limits.webhook_backoff_max_ms));
  return { kind: 'retry', at: now + Math.round(wait) };
}

function backoffMs(attempts: number, random: Pick<Random, 'fraction'>): number {
  const ceiling = Math.min(
    limits.webhook_backoff_ms * limits.webhook_backoff_factor ** (attempts - 1),
    limits.webhook_backoff_max_ms,
  );
  return Math.max(limits.webhook_backoff_min_ms, random.fraction() * ceiling);
}

/**
 * Milliseconds of a Retry-After header (RFC 9110, section 10.2.3): seconds, or a date.
 * @returns null when there is none or it cannot be read; 0 for a date that has passed
 */
export function readRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  // Only the one format that servers may send; Date.parse alone would read far more.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(header)) return null;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
