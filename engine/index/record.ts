import { ShardFileError } from './file.ts';
import { VECTOR_BYTES } from './vectors.ts';

/** One template as a shard file has it. */
export interface ShardRecord {
  readonly hand: number;
  readonly slot: number;
  readonly sample: number;
  readonly position: number;
  /** Whether the graph in the same file holds its vector. */
  readonly inGraph: boolean;
  readonly palmId: string;
  readonly userId: string;
  readonly vector: Uint8Array;
  readonly code: Uint8Array;
}

const FIXED_BYTES = 1 + 1 + 1 + 4 + 8 + 1 + 1 + 2;

/** Layout: hand, sample, flags, slot, position, lengths of identifiers and code; identifiers, vector, code. */
export function encodeRecord(record: ShardRecord): Buffer {
  const palmId = Buffer.from(record.palmId);
  const userId = Buffer.from(record.userId);
  const head = Buffer.allocUnsafe(FIXED_BYTES);
  let at = head.writeUInt8(record.hand);
  at = head.writeUInt8(record.sample, at);
  at = head.writeUInt8(record.inGraph ? 1 : 0, at);
  at = head.writeUInt32LE(record.slot, at);
  at = head.writeDoubleLE(record.position, at);
  at = head.writeUInt8(palmId.length, at);
  at = head.writeUInt8(userId.length, at);
  head.writeUInt16LE(record.code.length, at);
  return Buffer.concat([head, palmId, userId, record.vector, record.code]);
}

/** @throws ShardFileError when the bytes end within a record */
export function* decodeRecords(bytes: Buffer): Generator<ShardRecord> {
  let at = 0;
  while (at < bytes.length) {
    if (at + FIXED_BYTES > bytes.length) throw new ShardFileError('record ends early');
    const from = at + FIXED_BYTES;
    const palmEnd = from + bytes.readUInt8(at + 15);
    const userEnd = palmEnd + bytes.readUInt8(at + 16);
    const vectorEnd = userEnd + VECTOR_BYTES;
    const end = vectorEnd + bytes.readUInt16LE(at + 17);
    if (end > bytes.length) throw new ShardFileError('record ends early');
    yield {
      hand: bytes.readUInt8(at),
      sample: bytes.readUInt8(at + 1),
      inGraph: bytes.readUInt8(at + 2) === 1,
      slot: bytes.readUInt32LE(at + 3),
      position: bytes.readDoubleLE(at + 7),
      palmId: bytes.toString('utf8', from, palmEnd),
      userId: bytes.toString('utf8', palmEnd, userEnd),
      vector: bytes.subarray(userEnd, vectorEnd),
      code: bytes.subarray(vectorEnd, end),
    };
    at = end;
  }
}
