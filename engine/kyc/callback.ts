/** Callbacks of providers: signed as our own webhooks are, over the bytes as they came. */
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { signatureHolds } from '../webhooks/sign.ts';
import type { SignedBody } from './provider.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * @param secret `whsec_` and base64; null: nobody can sign
 * @returns the callback's identifier and its JSON object
 * @throws ThenarError kyc_signature_invalid for a wrong, missing or stale signature; malformed_body
 */
export function readSigned(
  secret: string | null,
  { headers, body }: SignedBody,
  now: number,
): { readonly callbackId: string; readonly fields: Readonly<Record<string, unknown>> } {
  const text = decode(body);
  const callbackId = headers['webhook-id'] ?? '';
  const named = callbackId !== '' && callbackId.length <= limits.kyc_callback_id_length_max;
  if (secret === null || text === null || !named || !signatureHolds(secret, headers, text, now)) {
    throw new ThenarError(
      'kyc_signature_invalid',
      'The callback is not signed by its provider, or too long ago.',
    );
  }
  return { callbackId, fields: readObject(text) };
}

/** @throws ThenarError malformed_body */
export function textField(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '' && value.length <= limits.kyc_callback_id_length_max) {
    return value;
  }
  throw new ThenarError('malformed_body', `The callback needs ${name}.`);
}

function decode(body: Uint8Array): string | null {
  try {
    return utf8.decode(body);
  } catch {
    return null;
  }
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch {
    // Said below.
  }
  throw new ThenarError('malformed_body', 'The callback is not a JSON object.');
}
