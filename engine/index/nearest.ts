/**
 * The k best of what it was offered. A binary heap while it is offered to, worst on top; put in order when it is
 * read. A sorted array would be as fast for twenty, and hundreds of times slower for the thousands that a rough pass
 * keeps.
 */
export class Nearest {
  readonly #labels: Uint32Array;
  readonly #cosines: Float64Array;
  readonly #k: number;
  #count = 0;
  #inOrder = false;

  constructor(k: number) {
    this.#k = k;
    this.#labels = new Uint32Array(k);
    this.#cosines = new Float64Array(k);
  }

  /** How many it keeps. */
  get size(): number {
    return this.#k;
  }

  get count(): number {
    return this.#count;
  }

  /** A cosine must be above this to enter. */
  get floor(): number {
    if (this.#count < this.#k) return Number.NEGATIVE_INFINITY;
    return this.#cosines[this.#inOrder ? this.#k - 1 : 0] ?? Number.NEGATIVE_INFINITY;
  }

  /** By descending cosine; the first {@link count} are filled. */
  get labels(): Uint32Array {
    this.#putInOrder();
    return this.#labels;
  }

  /** Those of {@link labels}. */
  get cosines(): Float64Array {
    this.#putInOrder();
    return this.#cosines;
  }

  offer(label: number, cosine: number): void {
    if (cosine <= this.floor) return;
    if (this.#inOrder) this.#makeHeap();
    if (this.#count < this.#k) this.#rise(this.#count++, label, cosine);
    else this.#sink(0, this.#count, label, cosine);
  }

  /** Puts an entry at `at` or above: whatever is better than it moves down. */
  #rise(at: number, label: number, cosine: number): void {
    let hole = at;
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      if (this.#cosines[above]! <= cosine) break;
      this.#move(above, hole);
      hole = above;
    }
    this.#put(hole, label, cosine);
  }

  /** Puts an entry at `at` or below, within the first `count`: whatever is worse than it moves up. */
  #sink(at: number, count: number, label: number, cosine: number): void {
    let hole = at;
    for (;;) {
      let below = 2 * hole + 1;
      if (below >= count) break;
      if (below + 1 < count && this.#cosines[below + 1]! < this.#cosines[below]!) below += 1;
      if (this.#cosines[below]! >= cosine) break;
      this.#move(below, hole);
      hole = below;
    }
    this.#put(hole, label, cosine);
  }

  /** Heap sort: the worst goes behind those that are left, again and again. */
  #putInOrder(): void {
    if (this.#inOrder) return;
    this.#inOrder = true;
    for (let last = this.#count - 1; last > 0; last -= 1) {
      const label = this.#labels[last]!;
      const cosine = this.#cosines[last]!;
      this.#move(0, last);
      this.#sink(0, last, label, cosine);
    }
  }

  /** Ascending order is a heap. */
  #makeHeap(): void {
    this.#inOrder = false;
    this.#labels.subarray(0, this.#count).reverse();
    this.#cosines.subarray(0, this.#count).reverse();
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#labels[from]!, this.#cosines[from]!);
  }

  #put(at: number, label: number, cosine: number): void {
    this.#labels[at] = label;
    this.#cosines[at] = cosine;
  }
}
