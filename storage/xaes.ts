/**
 * XAES-256-GCM (C2SP, 2024): AES-256-GCM with a nonce of 24 bytes. The first half of the nonce derives a key by
 * AES-CMAC as SP 800-108 has it, the second half is that key's own nonce. Random nonces are safe for 2^80 values of a
 * key, where the 12 bytes of AES-GCM end at 2^32: a busy tenant's audit log would come there within weeks.
 */
import { type Cipher, createCipheriv, createDecipheriv } from 'node:crypto';

export const NONCE_BYTES = 24;
export const TAG_BYTES = 16;
const HALF = NONCE_BYTES / 2;

/** A key, ready to encrypt blocks, and the CMAC sub-key K1 that follows from it. */
export interface ExtendedKey {
  /** AES-256-ECB, which keeps nothing from one block to the next: made once, its key schedule with it. */
  readonly blocks: Cipher;
  readonly k1: Uint8Array;
}

/** @param key 32 bytes */
export function extendedKey(key: Uint8Array): ExtendedKey {
  const blocks = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  const block = blocks.update(new Uint8Array(16));
  const k1 = Buffer.alloc(16);
  for (let byte = 0; byte < 16; byte++)
    k1[byte] = ((block[byte]! << 1) | ((block[byte + 1] ?? 0) >>> 7)) & 255;
  if ((block[0]! & 128) !== 0) k1[15]! ^= 0x87;
  return { blocks, k1 };
}

/** The key of one nonce: two CMAC blocks, told apart by their counter. */
function keyOf({ blocks, k1 }: ExtendedKey, nonce: Uint8Array): Buffer {
  const message = Buffer.alloc(32);
  for (let counter = 1; counter <= 2; counter++) {
    const at = (counter - 1) * 16;
    message[at + 1] = counter;
    message[at + 2] = 'X'.charCodeAt(0);
    message.set(nonce.subarray(0, HALF), at + 4);
    for (let byte = 0; byte < 16; byte++) message[at + byte]! ^= k1[byte]!;
  }
  return blocks.update(message);
}

/** @returns ciphertext and tag, to be put one after the other */
export function sealExtended(
  key: ExtendedKey,
  nonce: Uint8Array,
  plain: Uint8Array,
  additional: Uint8Array,
): [Buffer, Buffer] {
  const cipher = createCipheriv('aes-256-gcm', keyOf(key, nonce), nonce.subarray(HALF));
  cipher.setAAD(additional);
  const text = cipher.update(plain);
  cipher.final();
  return [text, cipher.getAuthTag()];
}

/** Throws when it was changed. @param sealed ciphertext and tag */
export function openExtended(
  key: ExtendedKey,
  nonce: Uint8Array,
  sealed: Uint8Array,
  additional: Uint8Array,
): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(key, nonce), nonce.subarray(HALF), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(additional);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  decipher.final();
  return plain;
}
