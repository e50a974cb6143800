import { Nearest } from './nearest.ts';
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

const ROUGH_BYTES = VECTOR_LENGTH / 2;
/**
 * Components of a rotated unit vector have a deviation of 1/16; sixteen steps of 1/37 cover 3.2 of those. The error
 * of a rough cosine then has a deviation of about 0.008.
 */
const ROUGH_SCALE = 37;
/** Below this many vectors a rough pass saves nothing: they fit the caches. */
const ROUGH_COUNT_MIN = 16_384;
/** Kept by the rough pass for each one wanted: five deviations of its error, as the density of impostors is. */
const ROUGH_KEPT_PER_WANTED = 10;

/**
 * Search vectors of one worker, in WebAssembly memory, scored with 128-bit integer SIMD. A scan of many is bound by
 * memory, so a pass over four bits a component comes first, and its best are scored in full.
 */
export class VectorArena {
  readonly #exact = new SlotMemory('dots', VECTOR_BYTES);
  readonly #rough = new SlotMemory('rough', ROUGH_BYTES);
  readonly #query = new Int16Array(VECTOR_LENGTH);

  /** Bytes held from the system. */
  get bytes(): number {
    return this.#exact.bytes.length + this.#rough.bytes.length;
  }

  /** Stores a unit vector of {@link VECTOR_LENGTH} floats. */
  write(slot: number, vector: Float32Array): void {
    this.#exact.reserve(slot);
    quantise(vector, this.#exact.words, this.#exact.at(slot) / 2, SCALE);
    this.#writeRough(slot);
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
    this.#writeRough(slot);
  }

  clear(slot: number): void {
    this.raw(slot).fill(0);
    this.#rough.slot(slot).fill(0);
  }

  /**
   * Offers `nearest` the best of the first `count` entries by their cosine with `query`.
   * @param places arena slots
   * @param labels what to report for each place
   */
  scan(query: Float32Array, places: Uint32Array, labels: Uint32Array, count: number, nearest: Nearest): void {
    if (count < ROUGH_COUNT_MIN) return this.scanExact(query, places, labels, count, nearest);
    quantise(query, this.#query, 0, QUERY_SCALE);
    // The rough pass reports indices, through which places and labels are found again.
    const kept = new Nearest(nearest.size * ROUGH_KEPT_PER_WANTED);
    this.#rough.scan(this.#query, places, indices(count), count, kept);
    const order = kept.labels.subarray(0, kept.count);
    this.scanExact(
      query,
      order.map((index) => places[index]!),
      order.map((index) => labels[index]!),
      kept.count,
      nearest,
    );
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

  #writeRough(slot: number): void {
    this.#rough.reserve(slot);
    const from = this.#exact.at(slot) / 2;
    const { words } = this.#exact;
    const to = this.#rough.at(slot);
    for (let i = 0; i < ROUGH_BYTES; i++) {
      // Sixteen components to the low halves of sixteen bytes, the next sixteen to their high halves.
      const component = from + (i >> 4) * 32 + (i & 15);
      this.#rough.bytes[to + i] = nibble(words[component]!) | (nibble(words[component + 16]!) << 4);
    }
  }
}

function nibble(word: number): number {
  return Math.max(0, Math.min(15, Math.round((word / SCALE) * ROUGH_SCALE) + 8));
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
