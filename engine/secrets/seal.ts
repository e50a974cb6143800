/**
 * Bytes at rest under a key of their own: AES-256-GCM, bound to their place by additional data, so that what is copied
 * to another place does not open.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ThenarError } from '../errors.ts';
import type { Random } from '../ports.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** First byte of what is sealed, so that a later scheme can be told apart. */
const SCHEME = 1;

/** @param key 32 bytes */
export function sealUnder(
  key: Uint8Array,
  plain: Uint8Array,
  additional: string,
  random: Random,
): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(additional));
  return Buffer.concat([Buffer.of(SCHEME), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/**
 * @param what names it in the error
 * @throws ThenarError `internal` when the bytes were tampered with or belong elsewhere.
 */
export function openUnder(key: Uint8Array, sealed: Uint8Array, additional: string, what: string): Uint8Array {
  const broken = (cause?: unknown): ThenarError =>
    new ThenarError('internal', `The stored ${what} does not open.`, { cause });
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes[0] !== SCHEME || bytes.length < 1 + NONCE_BYTES + TAG_BYTES) throw broken();
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + NONCE_BYTES));
  decipher.setAAD(Buffer.from(additional));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(1 + NONCE_BYTES, bytes.length - TAG_BYTES)),
      decipher.final(),
    ]);
  } catch (cause) {
    throw broken(cause);
  }
}
