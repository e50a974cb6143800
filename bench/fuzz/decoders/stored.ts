/** What lies at rest and may have been damaged or exchanged: sealed values, key slots, snapshots, shard files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isThenarError } from '../../../engine/errors.ts';
import {
  chunkKind,
  peekShardHeader,
  SHARD_FORMAT,
  ShardFileError,
  ShardReader,
  ShardWriter,
} from '../../../engine/index/file.ts';
import { decodeRecords, encodeRecord } from '../../../engine/index/record.ts';
import { VECTOR_BYTES } from '../../../engine/index/vectors.ts';
import { openTemplate, sealTemplate } from '../../../engine/palm/protect.ts';
import { systemRandom as random } from '../../../engine/system.ts';
import {
  SLOT_BYTES,
  slotSequence,
  slotState,
  slotWho,
  unwrapSlot,
  whoOf,
  wrappingOf,
  wrapSlot,
} from '../../../storage/keys/slot.ts';
import { openSealers } from '../../../storage/seal.ts';
import { envelope } from '../../../storage/snapshots/envelope.ts';
import { type Decoder, damaged } from './decoder.ts';

/** Whoever reads its own storage and finds it changed reports it as `internal`: no caller did that. */
const closed = (error: unknown): boolean => isThenarError(error);

const key = new Uint8Array(32).fill(7);
const place = { tenantId: 't', userId: 'u', palmId: 'p', sample: 0 };

function sealedValues(): Decoder[] {
  const keys = { tenant: () => key, known: () => key };
  const sealer = openSealers(keys, 'records', random);
  const snapshots = envelope(openSealers(keys, 'snapshots', random));
  const sealed = [sealer.seal(Buffer.from('secret'), 'a/b'), sealer.seal(new Uint8Array(0), 'a/b')];
  const kept = [snapshots.seal('device/1', 3, { state: { pending: [1, 2, 3] } })];
  const template = [sealTemplate(Buffer.alloc(64, 1), key, place, random)];
  const mustDiffer =
    (valid: readonly Uint8Array[], opened: (input: Uint8Array) => unknown) => (input: Uint8Array) => {
      const result = opened(input);
      const same = valid.some((bytes) => Buffer.from(bytes).equals(input));
      if (result !== null && !same) throw new Error('what was changed opens');
    };
  return [
    {
      name: 'sealed-value',
      input: (draw) => damaged(draw, sealed),
      read: mustDiffer(sealed, (input) => sealer.open(input, 'a/b')),
      refuses: closed,
    },
    {
      name: 'sealed-template',
      input: (draw) => damaged(draw, template),
      read: mustDiffer(template, (input) => openTemplate(input, key, place)),
      refuses: closed,
    },
    {
      name: 'snapshot',
      input: (draw) => damaged(draw, kept),
      read: mustDiffer(kept, (input) => snapshots.open('device/1', 3, input)),
    },
  ];
}

/** A slot of the key file; a torn one is told, one with another's key does not unwrap. */
function keySlot(): Decoder {
  const slot = Buffer.alloc(SLOT_BYTES);
  wrapSlot(slot, 0, wrappingOf(key), whoOf(key, 'subject'), 5, Buffer.alloc(32, 9), random);
  return {
    name: 'key-slot',
    weight: 2,
    input(draw) {
      const bytes = Buffer.alloc(SLOT_BYTES);
      Buffer.from(damaged(draw, [slot])).copy(bytes);
      return bytes;
    },
    read(input) {
      const bytes = Buffer.from(input);
      if (slotState(bytes, 0) !== 'used') return;
      slotWho(bytes, 0);
      slotSequence(bytes, 0);
      if (!bytes.equals(slot)) throw new Error('a changed slot passes for a whole one');
      unwrapSlot(bytes, 0, key);
    },
  };
}

function shardFiles(): Decoder[] {
  const folder = mkdtempSync(join(tmpdir(), 'thenar-fuzz-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'shard');
  const record = { hand: 0, slot: 1, sample: 0, position: 3, inGraph: false, palmId: 'p', userId: 'u' };
  const encoded = encodeRecord({ ...record, vector: new Uint8Array(VECTOR_BYTES), code: new Uint8Array(32) });
  const header = {
    format: SHARD_FORMAT,
    model: 'm',
    tenantId: 't',
    generation: 'g',
    replaces: null,
    position: 3,
  };
  const writer = new ShardWriter(path, header, key);
  writer.chunk(chunkKind.records, encoded, encoded);
  writer.chunk(chunkKind.end);
  writer.close();
  const file = readFileSync(path);
  const refuses = (error: unknown): boolean => error instanceof ShardFileError;
  return [
    {
      name: 'shard-file',
      weight: 0.3,
      input: (draw) => damaged(draw, [file]),
      read(input) {
        writeFileSync(path, input);
        peekShardHeader(path);
        const reader = new ShardReader(path, key);
        try {
          for (let ended = false; !ended; ) {
            const { kind, bytes } = reader.next();
            if (kind === chunkKind.records) for (const each of decodeRecords(bytes)) each.slot.toFixed();
            ended = kind === chunkKind.end;
          }
        } finally {
          reader.close();
        }
      },
      refuses,
    },
    {
      name: 'shard-records',
      input: (draw) => damaged(draw, [encoded, Buffer.concat([encoded, encoded])]),
      read: (input) => [...decodeRecords(Buffer.from(input))].length,
      refuses,
    },
  ];
}

export function storedDecoders(): Decoder[] {
  return [...sealedValues(), keySlot(), ...shardFiles()];
}
