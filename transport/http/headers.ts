import type { Exchange } from './exchange.ts';

/** Replies are for the caller alone, are not pages, and are what their type says. A route may say otherwise. */
const always = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Headers of every reply: request id, protection for browsers, and what is left of the caller's rate. */
export function edgeHeaders(exchange: Exchange): Record<string, string> {
  const { rate, request, requestId } = exchange;
  return {
    'x-request-id': requestId,
    ...always,
    ...(request.secure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    ...(rate === null
      ? {}
      : {
          'ratelimit-limit': String(rate.limit),
          'ratelimit-remaining': String(rate.remaining),
          'ratelimit-reset': String(Math.ceil(rate.resetMs / 1000)),
        }),
  };
}
