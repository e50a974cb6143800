import { dotsWasm } from './kernel/dots.wasm.ts';
import type { Nearest } from './nearest.ts';

/** Length of a search vector. */
export const VECTOR_LENGTH = 256;
/** Bytes of a stored vector. */
export const VECTOR_BYTES = VECTOR_LENGTH * 2;
/** Unit vectors are stored as int16 with this scale: the error of a cosine stays below 10^-4. */
const SCALE = 1 << 14;
const PRODUCT_SCALE = 1 / (SCALE * SCALE);
/** Slots scored in one call of the kernel. */
const BATCH = 4096;
const QUERY_AT = 0;
const LIST_AT = VECTOR_BYTES;
const OUT_AT = LIST_AT + BATCH * 4;
const VECTORS_AT = 65_536;
const PAGE = 65_536;
const PAGES_MAX = 65_536;

/** Vectors the address space of one WebAssembly memory holds. */
export const VECTORS_MAX = Math.floor(((PAGES_MAX - 1) * PAGE) / VECTOR_BYTES);

interface Kernel {
  readonly memory: WebAssembly.Memory;
  dots(query: number, list: number, count: number, out: number, base: number): void;
}

const module = new WebAssembly.Module(Buffer.from(dotsWasm, 'base64'));

/**
 * Search vectors of one worker, in WebAssembly memory, scored exactly with 128-bit integer SIMD. Half the size of
 * floats, so a scan that is bound by memory takes half the time.
 */
export class VectorArena {
  readonly #kernel = new WebAssembly.Instance(module).exports as Kernel;
  readonly #memory = this.#kernel.memory;
  #words = new Int16Array(this.#memory.buffer);
  #list = new Uint32Array(this.#memory.buffer, LIST_AT, BATCH);
  #out = new Int32Array(this.#memory.buffer, OUT_AT, BATCH);

  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Stores a unit vector of {@link VECTOR_LENGTH} floats. */
  write(slot: number, vector: Float32Array): void {
    this.#reserve(slot);
    quantise(vector, this.#words, (VECTORS_AT + slot * VECTOR_BYTES) / 2);
  }

  /** The stored vector as floats again, into `out` (an array, as hnswlib-node wants one). */
  read(slot: number, out: number[] = new Array<number>(VECTOR_LENGTH)): number[] {
    const from = (VECTORS_AT + slot * VECTOR_BYTES) / 2;
    for (let i = 0; i < VECTOR_LENGTH; i++) out[i] = this.#words[from + i]! / SCALE;
    return out;
  }

  /** The stored bytes; valid until the next write. */
  raw(slot: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, VECTORS_AT + slot * VECTOR_BYTES, VECTOR_BYTES);
  }

  /** Stores what {@link raw} gave. */
  writeRaw(slot: number, bytes: Uint8Array): void {
    this.#reserve(slot);
    this.raw(slot).set(bytes);
  }

  clear(slot: number): void {
    this.raw(slot).fill(0);
  }

  /**
   * Offers `nearest` the cosine of `query` with each of the first `count` entries.
   * @param places arena slots
   * @param labels what to report for each place
   */
  scan(query: Float32Array, places: Uint32Array, labels: Uint32Array, count: number, nearest: Nearest): void {
    quantise(query, this.#words, QUERY_AT);
    for (let from = 0; from < count; from += BATCH) {
      const size = Math.min(BATCH, count - from);
      const padded = (size + 3) & ~3;
      this.#list.set(places.subarray(from, from + size));
      this.#list.fill(0, size, padded);
      this.#kernel.dots(QUERY_AT, LIST_AT, padded, OUT_AT, VECTORS_AT);
      const out = this.#out;
      let floor = nearest.floor;
      for (let i = 0; i < size; i++) {
        const cosine = out[i]! * PRODUCT_SCALE;
        if (cosine > floor) {
          nearest.offer(labels[from + i]!, cosine);
          floor = nearest.floor;
        }
      }
    }
  }

  #reserve(slot: number): void {
    const needed = VECTORS_AT + (slot + 1) * VECTOR_BYTES;
    const held = this.#memory.buffer.byteLength;
    if (needed <= held) return;
    // Doubling keeps the number of growths small; the last step is cut to what the address space allows.
    const pages = Math.min(PAGES_MAX, Math.max(Math.ceil(needed / PAGE), (held / PAGE) * 2));
    this.#memory.grow(pages - held / PAGE);
    this.#words = new Int16Array(this.#memory.buffer);
    this.#list = new Uint32Array(this.#memory.buffer, LIST_AT, BATCH);
    this.#out = new Int32Array(this.#memory.buffer, OUT_AT, BATCH);
  }
}

function quantise(vector: Float32Array, into: Int16Array, from: number): void {
  for (let i = 0; i < VECTOR_LENGTH; i++) {
    const scaled = Math.round(vector[i]! * SCALE);
    into[from + i] = Math.max(-SCALE, Math.min(SCALE, scaled));
  }
}
