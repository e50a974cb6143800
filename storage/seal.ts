import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { ThenarError } from '../engine/errors.ts';
import { PLATFORM_TENANT, type Random, type Sealer, type Sealers } from '../engine/ports.ts';
import type { TenantKeys } from './keys/tenant-keys.ts';
import { type ExtendedKey, extendedKey, NONCE_BYTES, openExtended, sealExtended, TAG_BYTES } from './xaes.ts';

/** Layout: format, key id, nonce, ciphertext, tag. */
const FORMAT = 2;
const KEY_ID_BYTES = 4;
const HEAD_BYTES = 1 + KEY_ID_BYTES;

/** What a sub-key is for; a value sealed for one purpose does not open for another. */
export type SealPurpose = 'records' | 'columns' | 'snapshots';

/** The sub-key of a purpose (HKDF-SHA-256, RFC 5869), 32 bytes. */
function subKey(tenantKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', tenantKey, new Uint8Array(0), `thenar/v2/${purpose}`, 32));
}

function refused(reason: string, cause?: unknown): ThenarError {
  return new ThenarError('internal', `A sealed value cannot be opened: ${reason}.`, { cause });
}

/**
 * Seals under the keys of tenants, each purpose under a sub-key: XAES-256-GCM, that is AES-256-GCM under a key for
 * each value, so that random nonces do not run out in a tenant's life. Additional data, format and key id are
 * authenticated with the value, so that it opens only where it was put.
 */
export function openSealers(
  keys: Pick<TenantKeys, 'tenant' | 'known'>,
  purpose: SealPurpose,
  random: Random,
): Sealers {
  // By the key itself: when a tenant's key is destroyed, what was derived from it goes, too.
  const derived = new WeakMap<Uint8Array, Sealer>();
  const under = (key: Uint8Array): Sealer => {
    let sealer = derived.get(key);
    if (sealer === undefined) {
      sealer = sealerUnder(subKey(key, purpose), subKey(key, `${purpose}/mark`), random);
      derived.set(key, sealer);
    }
    return sealer;
  };
  const of = (tenantId: string): Sealer => ({
    seal: (plain, additional) => under(keys.tenant(tenantId)).seal(plain, additional),
    mark: (plain, additional) => under(keys.tenant(tenantId)).mark(plain, additional),
    open(sealed, additional) {
      const key = keys.known(tenantId);
      if (key === null) throw refused('its key was destroyed');
      return under(key).open(sealed, additional);
    },
  });
  return { of, ...of(PLATFORM_TENANT) };
}

function sealerUnder(subKeyBytes: Buffer, markKey: Buffer, random: Random): Sealer {
  const key: ExtendedKey = extendedKey(subKeyBytes);
  const id = createHash('sha256').update('thenar/v2/key-id').update(subKeyBytes).digest();
  const head = Buffer.concat([Buffer.of(FORMAT), id.subarray(0, KEY_ID_BYTES)]);
  return {
    seal(plain, additional) {
      const nonce = random.bytes(NONCE_BYTES);
      const bound = Buffer.concat([head, Buffer.from(additional)]);
      return Buffer.concat([head, nonce, ...sealExtended(key, nonce, plain, bound)]);
    },
    // HMAC-SHA-256 under a key of its own; the place's length keeps place and value apart.
    mark(plain, additional) {
      const place = Buffer.from(additional);
      return createHmac('sha256', markKey).update(`${place.length}|`).update(place).update(plain).digest();
    },
    open(sealed, additional) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (bytes.length < HEAD_BYTES + NONCE_BYTES + TAG_BYTES || bytes[0] !== FORMAT)
        throw refused('it has another format');
      if (!bytes.subarray(0, HEAD_BYTES).equals(head)) throw refused('it is under another key');
      const nonce = bytes.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
      const bound = Buffer.concat([head, Buffer.from(additional)]);
      try {
        return openExtended(key, nonce, bytes.subarray(HEAD_BYTES + NONCE_BYTES), bound);
      } catch (cause) {
        throw refused('it was changed, or belongs somewhere else', cause);
      }
    },
  };
}
