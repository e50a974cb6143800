import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { Random } from '../../engine/ports.ts';

/**
 * One slot of the key file: who (a keyed hash of the subject), sequence, nonce, wrapped key, tag, checksum. All
 * zero is a free slot. The checksum tells a torn write from a whole one without unwrapping a million keys.
 */
export const SLOT_BYTES = 96;
export const WHO_BYTES = 16;
const SEQUENCE_AT = WHO_BYTES;
const NONCE_AT = SEQUENCE_AT + 8;
const WRAPPED_AT = NONCE_AT + 12;
const TAG_AT = WRAPPED_AT + 32;
const CHECKSUM_AT = SLOT_BYTES - 4;

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function checksum(bytes: Uint8Array, from: number): number {
  let crc = 0xffffffff;
  for (let at = from; at < from + CHECKSUM_AT; at++) {
    crc = (crcTable[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Latin-1 text of the keyed hash: the file names nobody, and a Map takes it as a short string. */
export function whoOf(key: Uint8Array, subject: string): string {
  return createHmac('sha256', key).update(subject).digest().subarray(0, WHO_BYTES).toString('latin1');
}

export type SlotState = 'free' | 'used' | 'torn';

export function slotState(file: Buffer, at: number): SlotState {
  // The checksum of zeros is not zero, so that a free slot never passes for a used one.
  if (file.readUInt32BE(at + CHECKSUM_AT) === checksum(file, at)) return 'used';
  for (let byte = at; byte < at + SLOT_BYTES; byte++) if (file[byte] !== 0) return 'torn';
  return 'free';
}

export function slotWho(file: Buffer, at: number): string {
  return file.toString('latin1', at, at + WHO_BYTES);
}

export function slotSequence(file: Buffer, at: number): number {
  return Number(file.readBigUInt64BE(at + SEQUENCE_AT));
}

/** Fills the slot: the subject's key wrapped by AES-256-GCM, bound to who it belongs to and its sequence. */
export function wrapSlot(
  file: Buffer,
  at: number,
  wrappingKey: Uint8Array,
  who: string,
  sequence: number,
  plain: Uint8Array,
  random: Random,
): void {
  file.write(who, at, 'latin1');
  file.writeBigUInt64BE(BigInt(sequence), at + SEQUENCE_AT);
  file.set(random.bytes(12), at + NONCE_AT);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey, file.subarray(at + NONCE_AT, at + WRAPPED_AT));
  cipher.setAAD(file.subarray(at, at + NONCE_AT));
  file.set(cipher.update(plain), at + WRAPPED_AT);
  cipher.final();
  file.set(cipher.getAuthTag(), at + TAG_AT);
  file.fill(0, at + TAG_AT + 16, at + CHECKSUM_AT);
  file.writeUInt32BE(checksum(file, at), at + CHECKSUM_AT);
}

/** The subject's key. Throws when the slot was tampered with or wrapped under another key. */
export function unwrapSlot(file: Buffer, at: number, wrappingKey: Uint8Array): Buffer {
  const decipher = createDecipheriv(
    'aes-256-gcm',
    wrappingKey,
    file.subarray(at + NONCE_AT, at + WRAPPED_AT),
  );
  decipher.setAAD(file.subarray(at, at + NONCE_AT));
  decipher.setAuthTag(file.subarray(at + TAG_AT, at + TAG_AT + 16));
  return Buffer.concat([decipher.update(file.subarray(at + WRAPPED_AT, at + TAG_AT)), decipher.final()]);
}
