import { Nearest } from './nearest.ts';
import { RoughArena } from './rough.ts';
import { SlotMemory } from './slot_memory.ts';

/** Length of a search vector. */
export const VECTOR_LENGTH = 256;
/** Bytes of a stored vector. */
export const VECTOR_BYTES = VECTOR_LENGTH * 2;
/**
 * Unit vectors are stored as int16 with this scale, which reaches to half a unit: a component of a rotated vector
 * has a deviation of 1/16, so none comes near. The error of a cosine has a deviation of about 4 x 10^-6.
 */
const SCALE = 1 << 16;
/** The query's own scale in the kernels, where products of the two must not pass 2^31. */
const QUERY_SCALE = 1 << 14;
const WORD_MAX = (1 << 15) - 1;
/** Kept beyond those wanted for the last scoring, since the kernel rounds the query. */
const KEPT_MORE = 12;

/** Components of a rotated unit vector have a deviation of 1/16. */
const DEVIATION = SCALE / 16;
/** Below this many vectors a rough pass saves nothing: they are scored in full in as long as it takes to prepare one. */
const ROUGH_COUNT_MIN = 16_384;

/**
 * How many a rough pass keeps when `wanted` of `count` are: those within four deviations of its error of the last
 * one wanted. Cosines of impostors have a deviation of about 0.07 and thin out towards the best, so the more there are
 * for each one wanted, the more lie in that band.
 */
function roughKept(wanted: number, count: number): number {
  return Math.ceil(14 * wanted * Math.max(1, count / (50 * wanted)) ** 0.27);
}

/**
 * Search vectors of one worker, in WebAssembly memory, scored with 128-bit integer SIMD. A scan looks at two
 * bits a component first, and scores the best of those in full.
 */
export class VectorArena {
  readonly #exact = new SlotMemory(VECTOR_BYTES);
  readonly #rough = new RoughArena();
  readonly #query = new Int16Array(VECTOR_LENGTH);

  /** Bytes held from the system. */
  get bytes(): number {
    return this.#exact.bytes.length + this.#rough.bytes;
  }

  /** Stores a unit vector of {@link VECTOR_LENGTH} floats. */
  write(slot: number, vector: Float32Array): void {
    this.#exact.reserve(slot);
    quantise(vector, this.#exact.words, this.#exact.at(slot) / 2, SCALE);
  }

  /** The stored vector as floats again, into `out` (an array, as hnswlib-node wants one). */
  read(slot: number, out: number[] = new Array<number>(VECTOR_LENGTH)): number[] {
    const from = this.#exact.at(slot) / 2;
    for (let i = 0; i < VECTOR_LENGTH; i++) out[i] = this.#exact.words[from + i]! / SCALE;
    return out;
  }

  /** The stored bytes; valid until the next write. */
  raw(slot: number): Uint8Array {
    return this.#exact.slot(slot);
  }

  /** Stores what {@link raw} gave. */
  writeRaw(slot: number, bytes: Uint8Array): void {
    this.#exact.reserve(slot);
    this.raw(slot).set(bytes);
  }

  clear(slot: number): void {
    this.raw(slot).fill(0);
  }

  /** The blocks of rough vectors, for a list of pending slots. */
  get rough(): RoughArena {
    return this.#rough;
  }

  /** Writes the rough vector of a stored one. */
  writeRough(slot: number, block: number, lane: number): void {
    this.#rough.write(block, lane, this.#exact.words, this.#exact.at(slot) / 2, DEVIATION);
  }

  /**
   * Offers `nearest` the best of the first `count` entries by their cosine with `query`.
   * @param places arena slots
   * @param labels what to report for each place
   * @param blocks of their rough vectors, in the same order
   */
  scan(
    query: Float32Array,
    places: Uint32Array,
    labels: Uint32Array,
    blocks: Uint32Array,
    count: number,
    nearest: Nearest,
  ): void {
    const keep = roughKept(nearest.size, count);
    if (count < ROUGH_COUNT_MIN || keep > count / 2) {
      return this.scanExact(query, places, labels, count, nearest);
    }
    const kept = this.#rough.scan(query, blocks, count, keep);
    const keptPlaces = new Uint32Array(kept.length);
    const keptLabels = new Uint32Array(kept.length);
    for (let i = 0; i < kept.length; i++) {
      keptPlaces[i] = places[kept[i]!]!;
      keptLabels[i] = labels[kept[i]!]!;
    }
    this.scanExact(query, keptPlaces, keptLabels, kept.length, nearest);
  }

  /** The same without a rough pass: the oracle. */
  scanExact(
    query: Float32Array,
    places: Uint32Array,
    labels: Uint32Array,
    count: number,
    nearest: Nearest,
  ): void {
    quantise(query, this.#query, 0, QUERY_SCALE);
    const kept = new Nearest(nearest.size + KEPT_MORE);
    this.#exact.scan(this.#query, places, indices(count), count, kept);
    this.#scoreKept(query, kept, places, labels, nearest);
  }

  /** Scores few candidates with the query as it is, so that only the stored vectors are rounded. */
  #scoreKept(
    query: Float32Array,
    kept: Nearest,
    places: Uint32Array,
    labels: Uint32Array,
    nearest: Nearest,
  ): void {
    const { words } = this.#exact;
    const best = kept.labels;
    for (let rank = 0; rank < kept.count; rank++) {
      const index = best[rank]!;
      const from = this.#exact.at(places[index]!) / 2;
      let sum = 0;
      for (let i = 0; i < VECTOR_LENGTH; i++) sum += query[i]! * words[from + i]!;
      nearest.offer(labels[index]!, sum / SCALE);
    }
  }
}

function quantise(vector: Float32Array, into: Int16Array, from: number, scale: number): void {
  for (let i = 0; i < VECTOR_LENGTH; i++) {
    into[from + i] = Math.max(-WORD_MAX, Math.min(WORD_MAX, Math.round(vector[i]! * scale)));
  }
}

let counting = new Uint32Array(0);

/** 0, 1, 2 … at least `count` long, made once. */
function indices(count: number): Uint32Array {
  if (counting.length < count) counting = Uint32Array.from({ length: count * 2 }, (_, i) => i);
  return counting;
}
