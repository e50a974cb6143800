import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { CHUNK_BYTES, chunkKind, type ShardHeader, ShardWriter } from './file.ts';
import { graphBytes } from './graph.ts';
import { encodeRecord } from './record.ts';
import type { Scratch } from './scratch.ts';
import { handOrder, type Shard } from './shard.ts';

/** Work in slices: yields where it may be interrupted. */
export type Slices<T> = Generator<void, T>;

export interface Saved {
  readonly position: number;
  readonly bytes: number;
}

/**
 * Writes a shard to a new file, between searches and changes. The file covers the position at which the graphs were
 * written. Templates that change after that may be in the file in either state: whoever loads it replays the log
 * from its position, and replay replaces and removes whatever is there. Slots that change while the file is being
 * written are listed at its end, so that a removed vector left in the graph is found and overwritten.
 *
 * The caller makes the file durable (fsync, rename, fsync of the folder) and removes it when this throws.
 */
export function* saveShard(
  shard: Shard,
  path: string,
  header: Omit<ShardHeader, 'position'>,
  key: Uint8Array,
  scratch: Scratch,
): Slices<Saved> {
  const hands = handOrder.map((hand) => shard.hands[hand]);
  // A vector that waits to be overwritten must not get into the file.
  while (hands.some((hand) => hand.unscrubbed > 0)) {
    for (const hand of hands) if (hand.unscrubbed > 0) hand.buildStep();
    yield;
  }
  const plain: string[] = [];
  let writer: ShardWriter | null = null;
  try {
    const position = shard.position;
    writer = new ShardWriter(path, { ...header, position }, key);
    for (const [number, hand] of hands.entries()) {
      hand.noteChanges();
      if (hand.graph === null || hand.graph.count === 0) continue;
      plain[number] = scratch.create(graphBytes(hand.graph.count));
      hand.graph.write(plain[number]);
    }
    yield;
    const { rotation } = shard;
    if (rotation !== null) {
      const { buffer, byteOffset, byteLength } = rotation;
      writer.chunk(chunkKind.rotation, new Uint8Array(buffer, byteOffset, byteLength));
    }
    for (const [number, from] of plain.entries()) {
      if (from === undefined) continue;
      yield* copyGraph(number, from, writer);
    }
    yield* writeRecords(shard, writer);
    const stale = hands.map((hand) => hand.takeChanges());
    writer.chunk(chunkKind.stale, Buffer.from(JSON.stringify(stale)));
    writer.chunk(chunkKind.end, Buffer.alloc(0));
    return { position, bytes: writer.bytes };
  } finally {
    for (const hand of hands) hand.takeChanges();
    for (const from of plain) if (from !== undefined) rmSync(from, { force: true });
    writer?.close();
  }
}

function* copyGraph(number: number, from: string, writer: ShardWriter): Slices<void> {
  const file = openSync(from, 'r');
  rmSync(from);
  try {
    const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let read = readSync(file, bytes); read > 0; read = readSync(file, bytes)) {
      writer.chunk(chunkKind.graph, Buffer.of(number), bytes.subarray(0, read));
      yield;
    }
    writer.chunk(chunkKind.graphEnd, Buffer.of(number));
  } finally {
    closeSync(file);
  }
}

function* writeRecords(shard: Shard, writer: ShardWriter): Slices<void> {
  const { vectors, codes } = shard.arenas;
  let batch: Buffer[] = [];
  let bytes = 0;
  for (const [number, name] of handOrder.entries()) {
    const hand = shard.hands[name];
    for (let slot = 0; slot < hand.slotCount; slot++) {
      const template = hand.slot(slot);
      if (template === null) continue;
      const { palm, place } = template;
      const record = encodeRecord({
        hand: number,
        slot,
        sample: template.sample,
        position: template.position,
        inGraph: hand.wasInGraph(slot),
        palmId: palm.palmId,
        userId: palm.userId,
        vector: vectors.raw(place),
        code: codes.raw(place),
      });
      batch.push(record);
      bytes += record.length;
      if (bytes + record.length > CHUNK_BYTES) {
        writer.chunk(chunkKind.records, ...batch);
        batch = [];
        bytes = 0;
        yield;
      }
    }
  }
  if (batch.length > 0) writer.chunk(chunkKind.records, ...batch);
}
