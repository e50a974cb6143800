import type { Nearest } from './nearest.ts';
import { BLOCK } from './rough.ts';
import type { VectorArena } from './vectors.ts';

const ABSENT = -1;

/**
 * The slots that no graph holds yet, densely listed with their places, so that they can be scanned at once. Their
 * rough vectors lie in the list's own blocks in the order of the list. That of the slot added last is written late,
 * because its vector comes after it.
 */
export class PendingSlots {
  readonly #vectors: VectorArena;
  #slots = new Uint32Array(16);
  #places = new Uint32Array(16);
  #blocks = new Uint32Array(1);
  /** Index in the lists by slot. */
  #at = new Int32Array(16).fill(ABSENT);
  #count = 0;
  /** How many have their rough vector: all, or all but the last. */
  #written = 0;

  constructor(vectors: VectorArena) {
    this.#vectors = vectors;
  }

  get count(): number {
    return this.#count;
  }

  has(slot: number): boolean {
    return slot < this.#at.length && this.#at[slot] !== ABSENT;
  }

  /** The one added last. There must be one. */
  last(): number {
    return this.#slots[this.#count - 1]!;
  }

  add(slot: number, place: number): void {
    this.#writeLast();
    if (this.#count === this.#slots.length) {
      this.#slots = widened(this.#slots, this.#count * 2);
      this.#places = widened(this.#places, this.#count * 2);
      this.#blocks = widened(this.#blocks, (this.#count * 2) / BLOCK);
    }
    if (slot >= this.#at.length) {
      const wider = new Int32Array(2 ** Math.ceil(Math.log2(slot + 1))).fill(ABSENT);
      wider.set(this.#at);
      this.#at = wider;
    }
    if (this.#count % BLOCK === 0) this.#blocks[this.#count / BLOCK] = this.#vectors.rough.allocate();
    this.#slots[this.#count] = slot;
    this.#places[this.#count] = place;
    this.#at[slot] = this.#count++;
  }

  /** The last one takes its position in the list, and nothing of its rough vector is left. */
  delete(slot: number): boolean {
    if (!this.has(slot)) return false;
    this.#writeLast();
    const at = this.#at[slot]!;
    const end = this.#count - 1;
    const last = this.#slots[end]!;
    this.#slots[at] = last;
    this.#places[at] = this.#places[end]!;
    this.#at[last] = at;
    this.#at[slot] = ABSENT;
    if (at !== end) this.#write(at);
    const block = this.#blocks[Math.floor(end / BLOCK)]!;
    if (end % BLOCK === 0) this.#vectors.rough.release(block);
    else this.#vectors.rough.clear(block, end % BLOCK);
    this.#count = end;
    this.#written = end;
    return true;
  }

  clear(): void {
    for (let block = 0; block < Math.ceil(this.#count / BLOCK); block += 1) {
      this.#vectors.rough.release(this.#blocks[block]!);
    }
    this.#count = 0;
    this.#written = 0;
    this.#at.fill(ABSENT);
  }

  scan(query: Float32Array, nearest: Nearest): void {
    this.#writeLast();
    this.#vectors.scan(query, this.#places, this.#slots, this.#blocks, this.#count, nearest);
  }

  #writeLast(): void {
    if (this.#written < this.#count) this.#write(this.#written++);
  }

  #write(at: number): void {
    this.#vectors.writeRough(this.#places[at]!, this.#blocks[Math.floor(at / BLOCK)]!, at % BLOCK);
  }
}

function widened(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(length);
  wider.set(array);
  return wider;
}
