import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import { crc32 } from '../../engine/palm/crc32.ts';
import type { Random } from '../../engine/ports.ts';

/**
 * One slot of the key file: who (a keyed hash of whose key it is), sequence, nonce, wrapped key, tag, id of the key
 * that wraps it, checksum. All zero is a free slot. The checksum tells a torn write from a whole one without
 * unwrapping a million keys.
 */
export const SLOT_BYTES = 96;
export const WHO_BYTES = 16;
const SEQUENCE_AT = WHO_BYTES;
const NONCE_AT = SEQUENCE_AT + 8;
const WRAPPED_AT = NONCE_AT + 12;
const TAG_AT = WRAPPED_AT + 32;
const WRAPPER_AT = TAG_AT + 16;
const WRAPPER_BYTES = 8;
const CHECKSUM_AT = SLOT_BYTES - 4;

/** A key that wraps others, and the id by which a slot names it. */
export interface Wrapping {
  readonly key: Uint8Array;
  /** 16 hex digits that tell nothing about the key. */
  readonly id: string;
}

export function wrappingOf(key: Uint8Array): Wrapping {
  const id = createHash('sha256').update('thenar/v2/wrapping-id').update(key).digest();
  return { key, id: id.subarray(0, WRAPPER_BYTES).toString('hex') };
}

function checksum(file: Buffer, at: number): number {
  return crc32(file.subarray(at, at + CHECKSUM_AT));
}

/** Latin-1 text of the keyed hash: the file names nobody, and a Map takes it as a short string. */
export function whoOf(key: Uint8Array, name: string): string {
  return createHmac('sha256', key).update(name).digest().subarray(0, WHO_BYTES).toString('latin1');
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

/** Id of the key that wraps what is in the slot. */
export function slotWrapper(file: Buffer, at: number): string {
  return file.toString('hex', at + WRAPPER_AT, at + WRAPPER_AT + WRAPPER_BYTES);
}

/**
 * Fills the slot: a key wrapped by AES-256-GCM, bound to whose it is and its sequence. The nonce is random: one key
 * wraps far fewer than the 2^32 that SP 800-38D allows.
 */
export function wrapSlot(
  file: Buffer,
  at: number,
  wrapping: Wrapping,
  who: string,
  sequence: number,
  plain: Uint8Array,
  random: Random,
): void {
  file.write(who, at, 'latin1');
  file.writeBigUInt64BE(BigInt(sequence), at + SEQUENCE_AT);
  file.set(random.bytes(12), at + NONCE_AT);
  const cipher = createCipheriv('aes-256-gcm', wrapping.key, file.subarray(at + NONCE_AT, at + WRAPPED_AT));
  cipher.setAAD(file.subarray(at, at + NONCE_AT));
  file.set(cipher.update(plain), at + WRAPPED_AT);
  cipher.final();
  file.set(cipher.getAuthTag(), at + TAG_AT);
  file.write(wrapping.id, at + WRAPPER_AT, 'hex');
  file.writeUInt32BE(checksum(file, at), at + CHECKSUM_AT);
}

/** The wrapped key. Throws when the slot was tampered with or wrapped under another key. */
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
