import { ThenarError } from '../../../engine/errors.ts';
import type { Exchange } from '../exchange.ts';

/**
 * Requests that bring no credentials are limited by address before anything is spent on them. Requests that bring
 * some are only held back once their address has used up its allowance of wrong ones, see {@link charge}; the two
 * are counted apart, so that many public requests never lock out callers who are known.
 */
export function limit(exchange: Exchange): void {
  if (bringsCredentials(exchange)) take(exchange, 'refused', 0);
  else take(exchange, 'address', 1);
  refuseOverLimit(exchange);
}

/** A request that ended without a known caller though it brought credentials counts as a wrong guess. */
export function charge(exchange: Exchange): void {
  if (exchange.caller.kind === 'anonymous' && bringsCredentials(exchange)) take(exchange, 'refused', 1);
}

/** @throws ThenarError rate_limited when the last verdict says so */
export function refuseOverLimit(exchange: Exchange): void {
  const { rate } = exchange;
  if (rate === null || rate.ok) return;
  throw new ThenarError('rate_limited', 'Too many requests.', { retryAfterMs: rate.retryAfterMs });
}

function take(exchange: Exchange, what: 'address' | 'refused', cost: 0 | 1): void {
  const { rates, clock, anonymousRate } = exchange.listener;
  if (rates === undefined) return;
  const key = `${what}/${exchange.request.address}`;
  exchange.rate = rates.take(key, clock.monotonic(), anonymousRate.perSecond, anonymousRate.burst, cost);
}

function bringsCredentials({ request }: Exchange): boolean {
  const { authorization, cookie } = request.headers;
  return authorization !== undefined || cookie !== undefined || request.fingerprint !== null;
}
