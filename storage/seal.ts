import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { ThenarError } from '../engine/errors.ts';
import type { Random, Sealer } from '../engine/ports.ts';

/** Layout: format, key id, nonce, ciphertext, tag. */
const FORMAT = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;

/** What a sub-key is for; a value sealed for one purpose does not open for another. */
export type SealPurpose = 'records' | 'snapshots' | 'subject-keys';

/** The sub-key of a purpose (HKDF-SHA-256, RFC 5869), 32 bytes. */
export function subKey(masterKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(0), `thenar/v1/${purpose}`, 32));
}

/** Names a key without telling anything about it. */
export function keyId(key: Uint8Array): Buffer {
  return createHash('sha256').update('thenar/v1/key-id').update(key).digest().subarray(0, KEY_ID_BYTES);
}

/**
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce under the purpose's sub-key. The additional data, the
 * format and the key id are authenticated with the value, so that it opens only where it was put.
 */
export function openSealer(masterKey: Uint8Array, purpose: SealPurpose, random: Random): Sealer {
  const key = subKey(masterKey, purpose);
  const id = keyId(key);
  const markKey = subKey(masterKey, `${purpose}/mark`);
  const refuse = (reason: string, cause?: unknown): ThenarError =>
    new ThenarError('internal', `A sealed value cannot be opened: ${reason}.`, { cause });
  return {
    seal(plain, additional) {
      const head = Buffer.concat([Buffer.of(FORMAT), id, random.bytes(NONCE_BYTES)]);
      const cipher = createCipheriv('aes-256-gcm', key, head.subarray(1 + KEY_ID_BYTES));
      cipher.setAAD(Buffer.concat([head.subarray(0, 1 + KEY_ID_BYTES), Buffer.from(additional)]));
      return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    // HMAC-SHA-256 under a key of its own; the place's length keeps place and value apart.
    mark(plain, additional) {
      const place = Buffer.from(additional);
      return createHmac('sha256', markKey).update(`${place.length}|`).update(place).update(plain).digest();
    },
    open(sealed, additional) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (bytes.length < HEADER_BYTES + TAG_BYTES || bytes[0] !== FORMAT)
        throw refuse('it has another format');
      if (!bytes.subarray(1, 1 + KEY_ID_BYTES).equals(id)) throw refuse('it is under another master key');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1 + KEY_ID_BYTES, HEADER_BYTES));
      decipher.setAAD(Buffer.concat([bytes.subarray(0, 1 + KEY_ID_BYTES), Buffer.from(additional)]));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      try {
        return Buffer.concat([
          decipher.update(bytes.subarray(HEADER_BYTES, bytes.length - TAG_BYTES)),
          decipher.final(),
        ]);
      } catch (cause) {
        throw refuse('it was changed, or belongs somewhere else', cause);
      }
    },
  };
}
