import type { Exchange } from './exchange.ts';

/**
 * All headers of a reply: request id, protection for browsers, what is left of the caller's rate, and its own, which
 * go before. Replies are for the caller alone, are not pages, and are what their type says, unless a route says
 * otherwise. Objects of one shape, filled in one go: every reply passes here.
 */
export function completeHeaders(
  { rate, request, requestId }: Exchange,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> =
    rate === null
      ? {
          'x-request-id': requestId,
          'cache-control': 'no-store',
          'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
        }
      : {
          'x-request-id': requestId,
          'cache-control': 'no-store',
          'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
          'ratelimit-limit': String(rate.limit),
          'ratelimit-remaining': String(rate.remaining),
          'ratelimit-reset': String(Math.ceil(rate.resetMs / 1000)),
        };
  if (request.secure) headers['strict-transport-security'] = 'max-age=31536000';
  return Object.assign(headers, own);
}
