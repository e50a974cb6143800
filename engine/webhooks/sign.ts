import { createHmac } from 'node:crypto';
import { limits } from '../limits.ts';
import { equalBytes } from '../secrets/generate.ts';

/** The three headers of Standard Webhooks. */
export interface SignatureHeaders {
  readonly 'webhook-id': string;
  /** Seconds since the epoch. */
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/**
 * Signs one attempt (Standard Webhooks 1.0): HMAC-SHA256 over `id.timestamp.body`, in base64.
 * @param key the decoded part of the endpoint's secret after `whsec_`
 * @param now epoch milliseconds of the attempt; the identifier stays the same over retries
 * @param previousKey signs as well while its receiver may not have the new one yet
 */
export function signatureHeaders(
  key: Uint8Array,
  eventId: string,
  body: string,
  now: number,
  previousKey: Uint8Array | null = null,
): SignatureHeaders {
  const timestamp = `${Math.floor(now / 1000)}`;
  const keys = previousKey === null ? [key] : [key, previousKey];
  return {
    'webhook-id': eventId,
    'webhook-timestamp': timestamp,
    'webhook-signature': keys
      .map((each) => `v1,${mac(each, eventId, timestamp, body).toString('base64')}`)
      .join(' '),
  };
}

/** What a receiver does: is this body from the holder of the secret, and recent? */
export function signatureHolds(
  secret: string,
  headers: { readonly [name: string]: string | readonly string[] | undefined },
  body: string,
  now: number,
): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false;
  const age = Math.abs(now / 1000 - Number(timestamp));
  if (!/^\d{1,12}$/.test(timestamp) || age > limits.webhook_signature_tolerance_s) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = mac(key, id, timestamp, body);
  // Several, separated by spaces, while a secret is being replaced.
  return signatures
    .split(' ')
    .some((entry) => entry.startsWith('v1,') && equalBytes(Buffer.from(entry.slice(3), 'base64'), expected));
}

function mac(key: Uint8Array, id: string, timestamp: string, body: string): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
}
