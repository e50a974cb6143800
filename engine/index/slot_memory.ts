import { dotsWasm } from './kernel/dots.wasm.ts';
import type { Nearest } from './nearest.ts';

type Score = (query: number, list: number, count: number, out: number, base: number) => void;

interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly dots: Score;
}

const module = new WebAssembly.Module(Buffer.from(dotsWasm, 'base64'));

/** Slots scored in one call of the kernel. */
const BATCH = 4096;
const QUERY_AT = 0;
const QUERY_BYTES = 512;
const LIST_AT = QUERY_BYTES;
const OUT_AT = LIST_AT + BATCH * 4;
const SLOTS_AT = 65_536;
const PAGE = 65_536;
const PAGES_MAX = 65_536;

/** Vectors in the memory of an instance of the kernel. */
export class SlotMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #score: Score;
  readonly #slotBytes: number;
  /** The whole memory; replaced when it grows. */
  bytes: Uint8Array;
  words: Int16Array;
  #list: Uint32Array;
  #out: Int32Array;

  constructor(slotBytes: number) {
    const kernel = new WebAssembly.Instance(module).exports as Kernel;
    this.#memory = kernel.memory;
    this.#score = kernel.dots;
    this.#slotBytes = slotBytes;
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.words = new Int16Array(this.#memory.buffer);
    this.#list = new Uint32Array(this.#memory.buffer, LIST_AT, BATCH);
    this.#out = new Int32Array(this.#memory.buffer, OUT_AT, BATCH);
  }

  /** Where a slot begins, in bytes. */
  at(slot: number): number {
    return SLOTS_AT + slot * this.#slotBytes;
  }

  slot(slot: number): Uint8Array {
    return this.bytes.subarray(this.at(slot), this.at(slot) + this.#slotBytes);
  }

  /** Makes sure that a slot is inside the memory. @throws RangeError when the machine has no more */
  reserve(slot: number): void {
    const needed = this.at(slot + 1);
    const held = this.bytes.length;
    if (needed <= held) return;
    // Doubling keeps the number of growths small; the last step is cut to what the address space allows.
    const pages = Math.min(PAGES_MAX, Math.max(Math.ceil(needed / PAGE), (held / PAGE) * 2));
    this.#memory.grow(pages - held / PAGE);
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.words = new Int16Array(this.#memory.buffer);
    this.#list = new Uint32Array(this.#memory.buffer, LIST_AT, BATCH);
    this.#out = new Int32Array(this.#memory.buffer, OUT_AT, BATCH);
  }

  /**
   * Offers `nearest` the kernel's score of each of the first `count` slots of `places`, named by `labels`.
   * @param query 256 int16
   */
  scan(query: Int16Array, places: Uint32Array, labels: Uint32Array, count: number, nearest: Nearest): void {
    this.words.set(query, QUERY_AT);
    for (let from = 0; from < count; from += BATCH) {
      const size = Math.min(BATCH, count - from);
      const padded = (size + 3) & ~3;
      this.#list.set(places.subarray(from, from + size));
      this.#list.fill(0, size, padded);
      this.#score(QUERY_AT, LIST_AT, padded, OUT_AT, SLOTS_AT);
      const out = this.#out;
      let floor = nearest.floor;
      for (let i = 0; i < size; i++) {
        const score = out[i]!;
        if (score <= floor) continue;
        nearest.offer(labels[from + i]!, score);
        floor = nearest.floor;
      }
    }
  }
}
