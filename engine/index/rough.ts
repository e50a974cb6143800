import { BestScores } from './best.ts';
import { dotsWasm } from './kernel/dots.wasm.ts';

interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly rough: (
    table: number,
    list: number,
    count: number,
    hits: number,
    out: number,
    base: number,
    floor: number,
    scratch: number,
  ) => number;
}

const module = new WebAssembly.Module(Buffer.from(dotsWasm, 'base64'));

const COMPONENTS = 256;
/** Vectors of a block: bytes of a SIMD register. */
export const BLOCK = 16;
const BLOCK_BYTES = (COMPONENTS / 4) * BLOCK;
/** Blocks scored in one call of the kernel, after which the floor is looked at again. */
const BATCH = 256;
const TABLE_AT = 0;
const SCRATCH_AT = 2_048;
const LIST_AT = SCRATCH_AT + 2 * BLOCK;
const HITS_AT = LIST_AT + BATCH * 4;
const SCORES_AT = HITS_AT + BATCH * BLOCK * 4;
const BLOCKS_AT = 65_536;
const PAGE = 65_536;
const PAGES_MAX = 65_536;

/**
 * Four levels for a component, of the least mean square error for a normal one (Max, "Quantizing for minimum
 * distortion", 1960), in units of its deviation: that of a rotated unit vector of 256 is 1/16. The error of a rough
 * cosine then has a deviation of about 0.022.
 */
const LEVELS = [-1.51, -0.4528, 0.4528, 1.51] as const;
const BOUND = 0.9816;
/** No entry of the table is larger, so that eight of them fit a byte. */
const ENTRY_MAX = 31;
const SCORE_MAX = (ENTRY_MAX * COMPONENTS) / 2;

/**
 * Two bits of each component of the vectors of one worker, sixteen vectors a block, in the memory of a kernel that
 * scores a block at once. Whoever lists vectors owns blocks, so that a block holds vectors of one list only.
 */
export class RoughArena {
  readonly #kernel = new WebAssembly.Instance(module).exports as unknown as Kernel;
  #bytes = new Uint8Array(this.#kernel.memory.buffer);
  readonly #free: number[] = [];
  #used = 0;

  /** Bytes held from the system. */
  get bytes(): number {
    return this.#bytes.length;
  }

  /** Bytes of blocks that hold something: none once every vector was removed. */
  get written(): number {
    return this.#bytes.subarray(BLOCKS_AT).reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0);
  }

  /** An empty block. @throws RangeError when the machine has no more memory */
  allocate(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    const needed = BLOCKS_AT + (this.#used + 1) * BLOCK_BYTES;
    const held = this.#bytes.length;
    if (needed > held) {
      // A quarter more each time keeps the number of growths small.
      const pages = Math.min(PAGES_MAX, Math.ceil(Math.max(needed, held * 1.25) / PAGE));
      this.#kernel.memory.grow(pages - held / PAGE);
      this.#bytes = new Uint8Array(this.#kernel.memory.buffer);
    }
    return this.#used++;
  }

  /** Overwrites a block and gives it back. */
  release(block: number): void {
    this.#bytes.fill(0, BLOCKS_AT + block * BLOCK_BYTES, BLOCKS_AT + (block + 1) * BLOCK_BYTES);
    this.#free.push(block);
  }

  /** @param words a vector of int16 from `from` on. @param deviation of its components, in their unit */
  write(block: number, lane: number, words: Int16Array, from: number, deviation: number): void {
    const bound = BOUND * deviation;
    const code = (word: number): number => (word < 0 ? (word < -bound ? 0 : 1) : word < bound ? 2 : 3);
    let at = BLOCKS_AT + block * BLOCK_BYTES + lane;
    for (let i = from; i < from + COMPONENTS; i += 4, at += BLOCK) {
      this.#bytes[at] =
        code(words[i]!) |
        (code(words[i + 1]!) << 2) |
        (code(words[i + 2]!) << 4) |
        (code(words[i + 3]!) << 6);
    }
  }

  /** Overwrites one vector. */
  clear(block: number, lane: number): void {
    const from = BLOCKS_AT + block * BLOCK_BYTES + lane;
    for (let at = from; at < from + BLOCK_BYTES; at += BLOCK) this.#bytes[at] = 0;
  }

  /**
   * The `wanted` best of the first `count` vectors of the listed blocks, or all when there are fewer.
   * @returns their numbers in the list, in no order
   */
  scan(query: Float32Array, blocks: Uint32Array, count: number, wanted: number): Uint32Array {
    this.#writeTable(query);
    const { buffer } = this.#kernel.memory;
    const list = new Uint32Array(buffer, LIST_AT, BATCH);
    const hits = new Uint32Array(buffer, HITS_AT, BATCH * BLOCK);
    const scores = new Uint32Array(buffer, SCORES_AT, BATCH * BLOCK);
    const best = new BestScores(wanted, SCORE_MAX);
    const all = Math.ceil(count / BLOCK);
    for (let from = 0; from < all; from += BATCH) {
      const size = Math.min(BATCH, all - from);
      list.set(blocks.subarray(from, from + size));
      const { floor } = best;
      const found = this.#kernel.rough(
        TABLE_AT,
        LIST_AT,
        size,
        HITS_AT,
        SCORES_AT,
        BLOCKS_AT,
        floor,
        SCRATCH_AT,
      );
      best.take(hits, scores, found, from * BLOCK, count);
    }
    return best.finish();
  }

  /** For each pair of components and each of their sixteen codes its part of the inner product, on a common scale. */
  #writeTable(query: Float32Array): void {
    const highest = LEVELS[3];
    let widest = 0;
    for (let i = 0; i < COMPONENTS; i += 2) {
      widest = Math.max(widest, Math.abs(query[i]!) + Math.abs(query[i + 1]!));
    }
    const scale = ENTRY_MAX / (2 * highest * (widest || 1));
    const [a, b, c, d] = LEVELS;
    let at = TABLE_AT;
    for (let i = 0; i < COMPONENTS; i += 2) {
      const first = query[i]! * scale;
      const second = query[i + 1]! * scale;
      // Stored bytes are cut, not rounded, so half a step is added once.
      const least = highest * (Math.abs(first) + Math.abs(second)) + 0.5;
      for (let code = 0; code < 4; code += 1, at += 4) {
        const base = second * LEVELS[code]! + least;
        this.#bytes[at] = base + first * a;
        this.#bytes[at + 1] = base + first * b;
        this.#bytes[at + 2] = base + first * c;
        this.#bytes[at + 3] = base + first * d;
      }
    }
  }
}
