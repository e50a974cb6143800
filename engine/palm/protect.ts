/**
 * Templates at rest: AES-256-GCM under the subject's key, bound to their place by additional data, so that a
 * template copied to another palm, user or tenant does not open.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ThenarError } from '../errors.ts';
import type { Random } from '../ports.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** First byte of what is sealed, so that a later scheme can be told apart. */
const SCHEME = 1;

/** Where a template belongs. */
export interface TemplatePlace {
  readonly tenantId: string;
  readonly userId: string;
  readonly palmId: string;
  readonly sample: number;
}

/** @param key 32 bytes, the subject's */
export function sealTemplate(
  plain: Uint8Array,
  key: Uint8Array,
  place: TemplatePlace,
  random: Random,
): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(additional(place));
  return Buffer.concat([Buffer.of(SCHEME), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws ThenarError `internal` when the bytes were tampered with or belong elsewhere. */
export function openTemplate(sealed: Uint8Array, key: Uint8Array, place: TemplatePlace): Uint8Array {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes[0] !== SCHEME || bytes.length < 1 + NONCE_BYTES + TAG_BYTES) throw broken(place);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + NONCE_BYTES));
  decipher.setAAD(additional(place));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(1 + NONCE_BYTES, bytes.length - TAG_BYTES)),
      decipher.final(),
    ]);
  } catch (error) {
    throw broken(place, error);
  }
}

function additional(place: TemplatePlace): Buffer {
  return Buffer.from(`template|${SCHEME}|${place.tenantId}|${place.userId}|${place.palmId}|${place.sample}`);
}

function broken(place: TemplatePlace, cause?: unknown): ThenarError {
  return new ThenarError('internal', `The stored template of palm ${place.palmId} does not open.`, { cause });
}
