/** The first slot's place of the key file: what it is, and under which master keys the keys of tenants stand. */
import { ThenarError } from '../../engine/errors.ts';
import { crc32 } from '../../engine/palm/crc32.ts';
import { SLOT_BYTES } from './slot.ts';

const MAGIC = Buffer.from('thenar subject keys 2\n');
const ID_BYTES = 8;
const ACTIVE_AT = MAGIC.length;
const NEXT_AT = ACTIVE_AT + ID_BYTES;
const RETIRED_AT = NEXT_AT + ID_BYTES;
const CHECKSUM_AT = SLOT_BYTES - 4;

export function unusable(path: string, reason: string, cause?: unknown): ThenarError {
  return new ThenarError('unavailable', `The key file ${path} cannot be used: ${reason}.`, { cause });
}

/** Ids of master keys (`Wrapping.id`). At most one of `next` and `retired` is there, and only during a change. */
export interface Header {
  /** Opens the file. */
  readonly active: string;
  /** Copies under this one are being made; until all of them are there it opens nothing. */
  readonly next: string | null;
  /** Copies under this one are being wiped; it opens nothing any more. */
  readonly retired: string | null;
}

export function headerBytes({ active, next, retired }: Header): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  MAGIC.copy(bytes);
  bytes.write(active, ACTIVE_AT, 'hex');
  bytes.write(next ?? '', NEXT_AT, 'hex');
  bytes.write(retired ?? '', RETIRED_AT, 'hex');
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CHECKSUM_AT)), CHECKSUM_AT);
  return bytes;
}

/** @throws ThenarError `unavailable` */
export function readHeader(path: string, content: Buffer): Header {
  if (!content.subarray(0, MAGIC.length).equals(MAGIC)) throw unusable(path, 'it is no key file');
  // Less than a sector long, it is written whole or not at all; anything else is damage.
  if (content.readUInt32BE(CHECKSUM_AT) !== crc32(content.subarray(0, CHECKSUM_AT))) {
    throw unusable(path, 'its header is damaged');
  }
  const id = (at: number): string => content.toString('hex', at, at + ID_BYTES);
  const some = (value: string): string | null => (/^0+$/.test(value) ? null : value);
  return { active: id(ACTIVE_AT), next: some(id(NEXT_AT)), retired: some(id(RETIRED_AT)) };
}
