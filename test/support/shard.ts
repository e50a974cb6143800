import type { CodeStore } from '../../engine/index/codes.ts';
import { RotationArena } from '../../engine/index/rotation.ts';
import { Shard } from '../../engine/index/shard.ts';
import { VECTOR_LENGTH, VectorArena } from '../../engine/index/vectors.ts';
import { uprightTurn } from '../../engine/palm/model.ts';
import type { Comparison, Hand, PalmCode, PalmProbe, PalmTemplate } from '../../engine/palm/types.ts';
import type { IndexedTemplate } from '../../engine/ports.ts';
import { SeededRandom } from './random.ts';

export function seeded(seed: number): () => number {
  const random = new SeededRandom(seed);
  return () => random.fraction();
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
      code: alteredCode(fraction, code, 0.02),
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
  readonly #codes: (Uint8Array | null)[] = [];
  readonly #free: number[] = [];

  get used(): number {
    return this.#codes.length - this.#free.length;
  }
  allocate(): number {
    return this.#free.pop() ?? this.#codes.push(null) - 1;
  }
  set(place: number, code: PalmCode): void {
    this.#codes[place] = new Uint8Array(code.bocv.slice().buffer);
  }
  raw(place: number): Uint8Array {
    return this.#codes[place]!;
  }
  setRaw(place: number, bytes: Uint8Array): void {
    this.#codes[place] = Uint8Array.from(bytes);
  }
  clear(place: number): void {
    this.#codes[place] = null;
    this.#free.push(place);
  }
  forgetProbe(): void {}

  compare(probe: PalmProbe, place: number): Comparison {
    const stored = new Uint32Array(this.raw(place).slice().buffer);
    const planes = probe.codes[uprightTurn]!.bocv;
    let differing = 0;
    for (let i = 0; i < 192; i++) {
      for (let word = planes[i]! ^ stored[i]!; word !== 0; word &= word - 1) differing += 1;
    }
    const fused = 1 - differing / (192 * 32);
    return { scores: [fused], fused };
  }
}

export function testShard(flatMax: number, seed = 1): { shard: Shard; codes: PlainCodes } {
  const codes = new PlainCodes();
  const arenas = { vectors: new VectorArena(), codes, rotations: new RotationArena() };
  return {
    shard: new Shard({ tenantId: 'tenant-1', arenas, random: new SeededRandom(seed), flatMax }),
    codes,
  };
}
