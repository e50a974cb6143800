import { ThenarError } from '../../../engine/errors.ts';
import type { TokenBuckets } from '../../../engine/rate.ts';
import type { Exchange } from '../exchange.ts';

/**
 * Requests that bring no credentials are limited by address before anything is spent on them. Requests that bring
 * some are only held back once their address has used up its allowance of wrong ones, see {@link charge}; the two
 * are counted apart, so that many public requests never lock out callers who are known.
 */
export function limit(exchange: Exchange): void {
  const { rates, guesses, clock } = exchange.listener;
  if (!bringsCredentials(exchange)) take(exchange, rates, 1);
  // Nobody guesses, as nearly always: then nobody needs to be asked where they come from.
  else if (guesses?.allFull(clock.monotonic()) === false) take(exchange, guesses, 0);
  refuseOverLimit(exchange);
}

/** A request that ended without a known caller though it brought credentials counts as a wrong guess. */
export function charge(exchange: Exchange): void {
  if (exchange.caller.kind !== 'anonymous' || !bringsCredentials(exchange)) return;
  take(exchange, exchange.listener.guesses, 1);
}

/** @throws ThenarError rate_limited when the last verdict says so */
export function refuseOverLimit(exchange: Exchange): void {
  const { rate } = exchange;
  if (rate === null || rate.ok) return;
  throw new ThenarError('rate_limited', 'Too many requests.', { retryAfterMs: rate.retryAfterMs });
}

function take(exchange: Exchange, buckets: TokenBuckets | undefined, cost: 0 | 1): void {
  if (buckets === undefined) return;
  const { clock, anonymousRate } = exchange.listener;
  const { perSecond, burst } = anonymousRate;
  exchange.rate = buckets.take(exchange.request.address, clock.monotonic(), perSecond, burst, cost);
}

function bringsCredentials({ request }: Exchange): boolean {
  const { authorization, cookie } = request.headers;
  return authorization !== undefined || cookie !== undefined || request.fingerprint !== null;
}
