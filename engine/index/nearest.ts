/** The k best of what it was offered, by descending cosine. Small k, so insertion into sorted arrays is fastest. */
export class Nearest {
  readonly labels: Uint32Array;
  readonly cosines: Float64Array;
  readonly #k: number;
  #count = 0;

  constructor(k: number) {
    this.#k = k;
    this.labels = new Uint32Array(k);
    this.cosines = new Float64Array(k);
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
    return this.#count < this.#k ? Number.NEGATIVE_INFINITY : this.cosines[this.#k - 1]!;
  }

  offer(label: number, cosine: number): void {
    if (cosine <= this.floor) return;
    let at = this.#count < this.#k ? this.#count++ : this.#k - 1;
    while (at > 0 && this.cosines[at - 1]! < cosine) {
      this.cosines[at] = this.cosines[at - 1]!;
      this.labels[at] = this.labels[at - 1]!;
      at -= 1;
    }
    this.cosines[at] = cosine;
    this.labels[at] = label;
  }
}
