import type { CodeStore } from '../../engine/index/codes.ts';
import { Shard } from '../../engine/index/shard.ts';
import { SlotPool } from '../../engine/index/slot_pool.ts';
import { VECTOR_LENGTH, VectorArena } from '../../engine/index/vectors.ts';
import type { Hand, PalmCode, PalmTemplate } from '../../engine/palm/types.ts';
import type { IndexedTemplate, Random } from '../../engine/ports.ts';

/** Mulberry32: small, seeded, good enough to place points. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function seededRandom(seed: number): Random {
  const fraction = seeded(seed);
  const bytes = (length: number): Uint8Array =>
    Uint8Array.from({ length }, () => Math.floor(fraction() * 256));
  return {
    bytes,
    uuid: () => {
      const hex = Buffer.from(bytes(16)).toString('hex');
      return [8, 4, 4, 4, 12]
        .map((n, i, all) => hex.slice(all.slice(0, i).reduce((a, b) => a + b, 0)).slice(0, n))
        .join('-');
    },
    fraction,
  };
}

export function unitVector(fraction: () => number, near?: Float32Array, spread = 1): Float32Array {
  const vector = new Float32Array(VECTOR_LENGTH);
  let squares = 0;
  for (let i = 0; i < VECTOR_LENGTH; i++) {
    const value = (near?.[i] ?? 0) + ((fraction() + fraction() + fraction() - 1.5) * spread) / 16;
    vector[i] = value;
    squares += value * value;
  }
  const scale = 1 / Math.sqrt(squares);
  return vector.map((value) => value * scale);
}

export function randomCode(fraction: () => number): PalmCode {
  const words = (length: number): Uint32Array =>
    Uint32Array.from({ length }, () => Math.floor(fraction() * 2 ** 32));
  return { bocv: words(192), competitive: words(96) };
}

/** A code with a share of its bits changed: another sample of the same palm. */
export function alteredCode(fraction: () => number, code: PalmCode, share: number): PalmCode {
  const bocv = code.bocv.map((word) => {
    let flipped = word;
    for (let bit = 0; bit < 32; bit++) if (fraction() < share) flipped ^= 1 << bit;
    return flipped >>> 0;
  });
  return { bocv, competitive: code.competitive };
}

export interface TestPalm {
  readonly palmId: string;
  readonly userId: string;
  readonly hand: Hand;
  readonly templates: PalmTemplate[];
}

export function makePalm(fraction: () => number, number: number, samples = 1): TestPalm {
  const vector = unitVector(fraction);
  const code = randomCode(fraction);
  return {
    palmId: `palm-${number}`,
    userId: `user-${number >> 1}`,
    hand: number % 2 === 0 ? 'left' : 'right',
    templates: Array.from({ length: samples }, () => ({
      vector: unitVector(fraction, vector, 0.4),
      code: alteredCode(fraction, code, 0.1),
    })),
  };
}

/** A log like the one in PostgreSQL: gapless, with erased templates emptied. */
export class TestLog {
  readonly entries: IndexedTemplate[] = [];

  add(palm: TestPalm): IndexedTemplate[] {
    return palm.templates.map((template, sample) =>
      this.#push({ ...palm, operation: 'add', sample, template }),
    );
  }

  remove(palm: TestPalm): IndexedTemplate[] {
    for (const [i, entry] of this.entries.entries()) {
      if (entry.palmId === palm.palmId) this.entries[i] = { ...entry, template: null };
    }
    return [this.#push({ ...palm, operation: 'remove', sample: 0, template: null })];
  }

  after(position: number, limit = 500): IndexedTemplate[] {
    return this.entries.slice(position, position + limit);
  }

  #push(entry: Omit<IndexedTemplate, 'position'>): IndexedTemplate {
    const { operation, palmId, userId, hand, sample, template } = entry;
    const full = { position: this.entries.length + 1, operation, palmId, userId, hand, sample, template };
    this.entries.push(full);
    return full;
  }
}

/** Codes without alignment: similarity is the share of equal bits. Enough to tell palms apart in index tests. */
export class PlainCodes implements CodeStore {
  readonly #codes = new Map<number, Uint8Array>();
  #probes: Uint32Array[] = [];
  bytes = 0;

  write(place: number, code: PalmCode): void {
    this.#codes.set(place, new Uint8Array(Uint32Array.of(...code.bocv, ...code.competitive).buffer));
  }
  raw(place: number): Uint8Array {
    return this.#codes.get(place)!;
  }
  writeRaw(place: number, bytes: Uint8Array): void {
    this.#codes.set(place, Uint8Array.from(bytes));
  }
  clear(place: number): void {
    this.#codes.delete(place);
  }
  aim(codes: readonly PalmCode[]): void {
    this.#probes = codes.map((code) => code.bocv);
  }
  compare(place: number): { scores: number[]; fused: number } {
    const stored = new Uint32Array(this.raw(place).slice().buffer);
    const fused = Math.max(
      ...this.#probes.map((probe) => {
        let differing = 0;
        for (let i = 0; i < 192; i++) {
          for (let word = probe[i]! ^ stored[i]!; word !== 0; word &= word - 1) differing += 1;
        }
        return 1 - differing / (192 * 32);
      }),
    );
    return { scores: [fused], fused };
  }
}

export function testShard(flatMax: number, seed = 1): { shard: Shard; codes: PlainCodes; pool: SlotPool } {
  const codes = new PlainCodes();
  const pool = new SlotPool(100_000);
  const arenas = { pool, vectors: new VectorArena(), codes };
  return {
    shard: new Shard({ tenantId: 'tenant-1', arenas, random: seededRandom(seed), flatMax }),
    codes,
    pool,
  };
}
