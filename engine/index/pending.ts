import type { Nearest } from './nearest.ts';
import type { VectorArena } from './vectors.ts';

const ABSENT = -1;

/** The slots that no graph holds yet, densely listed with their places, so that they can be scanned at once. */
export class PendingSlots {
  #slots = new Uint32Array(16);
  #places = new Uint32Array(16);
  /** Index in the lists by slot. */
  #at = new Int32Array(16).fill(ABSENT);
  #count = 0;

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
    if (this.#count === this.#slots.length) {
      this.#slots = widened(this.#slots, this.#count * 2);
      this.#places = widened(this.#places, this.#count * 2);
    }
    if (slot >= this.#at.length) {
      const wider = new Int32Array(2 ** Math.ceil(Math.log2(slot + 1))).fill(ABSENT);
      wider.set(this.#at);
      this.#at = wider;
    }
    this.#slots[this.#count] = slot;
    this.#places[this.#count] = place;
    this.#at[slot] = this.#count++;
  }

  delete(slot: number): boolean {
    if (!this.has(slot)) return false;
    const at = this.#at[slot]!;
    this.#count -= 1;
    const last = this.#slots[this.#count]!;
    this.#slots[at] = last;
    this.#places[at] = this.#places[this.#count]!;
    this.#at[last] = at;
    this.#at[slot] = ABSENT;
    return true;
  }

  clear(): void {
    this.#count = 0;
    this.#at.fill(ABSENT);
  }

  scan(vectors: VectorArena, query: Float32Array, nearest: Nearest): void {
    vectors.scan(query, this.#places, this.#slots, this.#count, nearest);
  }
}

function widened(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(length);
  wider.set(array);
  return wider;
}
