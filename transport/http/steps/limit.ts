import { ThenarError } from '../../../engine/errors.ts';
import { networkOf } from '../../../engine/network.ts';
import type { TokenBuckets } from '../../../engine/rate.ts';
import { type Exchange, routeOf } from '../exchange.ts';

/**
 * Requests that bring no credentials are limited by address before anything is spent on them. Requests that bring
 * some are only held back once their address has used up its allowance of wrong ones, see {@link charge}; the two
 * are counted apart, so that many public requests never lock out callers who are known.
 */
export function limit(exchange: Exchange): void {
  const { rates, guesses, clock } = exchange.listener;
  if (!bringsCredentials(exchange)) take(exchange, rates, 1);
  // Nobody guesses, as nearly always: then nobody needs to be asked where they come from.
  else if (!guesses.allFull(clock.monotonic())) take(exchange, guesses, 0);
  refuseOverLimit(exchange);
}

/** A public route makes nobody known, so credentials brought along are no way around the limit of those without. */
export function limitPublic(exchange: Exchange): void {
  if (routeOf(exchange).auth !== 'public' || !bringsCredentials(exchange)) return;
  take(exchange, exchange.listener.rates, 1);
  refuseOverLimit(exchange);
}

/**
 * A request whose credentials were refused counts as a wrong guess. Public routes and those of operators never make a
 * caller known, so there the answer tells: clients may show their secret by HTTP Basic, and browsers bring their
 * cookie everywhere.
 */
export function charge(exchange: Exchange): void {
  const { caller, matched, reply } = exchange;
  const status = reply?.status ?? 500;
  // What failed on our side says nothing about the credentials.
  if (caller.kind !== 'anonymous' || status >= 500 || !bringsCredentials(exchange)) return;
  if (status !== 401 && (matched?.auth === 'public' || matched?.auth === 'operator')) return;
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
  exchange.rate = buckets.take(
    networkOf(exchange.request.address),
    clock.monotonic(),
    perSecond,
    burst,
    cost,
  );
}

function bringsCredentials({ request }: Exchange): boolean {
  const { authorization, cookie } = request.headers;
  return authorization !== undefined || cookie !== undefined || request.fingerprint !== null;
}
