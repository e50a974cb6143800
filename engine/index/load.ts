import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { chunkKind, SHARD_FORMAT, ShardFileError, ShardReader } from './file.ts';
import { Graph, graphBytes } from './graph.ts';
import { decodeRecords, type ShardRecord } from './record.ts';
import type { Slices } from './save.ts';
import type { Scratch } from './scratch.ts';
import { handOrder, type Shard } from './shard.ts';
import { VECTOR_BYTES, VECTOR_LENGTH } from './vectors.ts';

/** What the records and the end of a file say about one hand. */
interface HandContents {
  graph: Graph | null;
  readonly held: number[];
  stale: readonly number[];
}

/**
 * Fills an empty shard from its file, in slices. A graph that cannot be read is left out: its templates are then
 * scanned and inserted anew.
 * @throws ShardFileError when the file is missing, cut, damaged, another tenant's or of another format or model; the
 *   shard is empty again
 */
export function* loadShard(
  shard: Shard,
  path: string,
  key: Uint8Array,
  model: string,
  scratch: Scratch,
): Slices<{ readonly position: number }> {
  const reader = new ShardReader(path, key);
  const contents: HandContents[] = handOrder.map(() => ({ graph: null, held: [], stale: [] }));
  const sink = new GraphSink(scratch);
  try {
    const { header } = reader;
    if (header.format !== SHARD_FORMAT || header.model !== model || header.tenantId !== shard.tenantId) {
      throw new ShardFileError('another format, model or tenant');
    }
    for (let ended = false; !ended; ) {
      const { kind, bytes } = reader.next();
      switch (kind) {
        case chunkKind.graph:
          sink.take(bytes.subarray(1));
          break;
        case chunkKind.graphEnd:
          contents[bytes[0]!]!.graph = sink.finish();
          break;
        case chunkKind.records:
          for (const record of decodeRecords(bytes)) takeRecord(shard, record, contents);
          break;
        case chunkKind.stale:
          for (const [number, stale] of (JSON.parse(bytes.toString()) as number[][]).entries()) {
            contents[number]!.stale = stale;
          }
          break;
        case chunkKind.rotation:
          shard.holdRotation(readRotation(bytes));
          break;
        case chunkKind.end:
          ended = true;
          break;
        default:
          throw new ShardFileError('unknown chunk');
      }
      yield;
    }
    for (const [number, name] of handOrder.entries()) {
      const { graph, held, stale } = contents[number]!;
      shard.hands[name].settle(graph, held, stale);
    }
    shard.position = header.position;
    return { position: header.position };
  } catch (error) {
    shard.clear();
    throw error;
  } finally {
    sink.close();
    reader.close();
  }
}

function readRotation(bytes: Buffer): Float32Array {
  if (bytes.length !== VECTOR_LENGTH * VECTOR_LENGTH * 4) throw new ShardFileError('rotation is not ours');
  // A copy of its own, aligned as floats must be.
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function takeRecord(shard: Shard, record: ShardRecord, contents: readonly HandContents[]): void {
  const name = handOrder[record.hand];
  if (name === undefined || record.vector.length !== VECTOR_BYTES)
    throw new ShardFileError('record is not ours');
  const hand = shard.hands[name];
  const { palmId, userId, sample, position } = record;
  if (hand.slot(record.slot) !== null) throw new ShardFileError('two records of one slot');
  const [slot, place] = hand.take(palmId, userId, sample, position, record.slot);
  shard.arenas.vectors.writeRaw(place, record.vector);
  shard.arenas.codes.setRaw(place, record.code);
  if (record.inGraph) contents[record.hand]!.held.push(slot);
}

/** Collects a graph's bytes in a scratch file, for hnswlib to read. */
class GraphSink {
  readonly #scratch: Scratch;
  #path: string | null = null;
  #file = -1;

  constructor(scratch: Scratch) {
    this.#scratch = scratch;
  }

  take(bytes: Buffer): void {
    if (this.#path === null) {
      this.#path = this.#scratch.create(graphBytes(bytes.readUInt32LE(16)));
      this.#file = openSync(this.#path, 'w', 0o600);
    }
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#file, bytes, from);
  }

  finish(): Graph | null {
    const path = this.#path;
    if (path === null) return null;
    closeSync(this.#file);
    this.#path = null;
    try {
      return Graph.read(path);
    } catch {
      return null;
    } finally {
      rmSync(path, { force: true });
    }
  }

  close(): void {
    if (this.#path === null) return;
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
    this.#path = null;
  }
}
