/**
 * Numbers with the best of many small whole scores. They are gathered until there are four times as many as wanted;
 * then a count by score says which floor leaves about as many as wanted. A heap took a third of a scan's time.
 */
export class BestScores {
  readonly #wanted: number;
  readonly #numbers: Uint32Array<ArrayBuffer>;
  readonly #scores: Uint16Array;
  readonly #byScore: Uint32Array;
  #count = 0;
  #floor = -1;

  /** @param scoreMax scores are from 0 to this */
  constructor(wanted: number, scoreMax: number) {
    this.#wanted = wanted;
    this.#numbers = new Uint32Array(4 * wanted);
    this.#scores = new Uint16Array(4 * wanted);
    this.#byScore = new Uint32Array(scoreMax + 1);
  }

  /** A score must be above this to count. */
  get floor(): number {
    return this.#floor;
  }

  /**
   * Takes the first `found` of `numbers` with their scores.
   * @param first added to each number; those that then reach `end` are left out
   */
  take(numbers: Uint32Array, scores: Uint32Array, found: number, first: number, end: number): void {
    let floor = this.#floor;
    for (let i = 0; i < found; i++) {
      const number = first + numbers[i]!;
      const score = scores[i]!;
      if (score <= floor || number >= end) continue;
      if (this.#count === this.#numbers.length) {
        this.#thin();
        floor = this.#floor;
        if (score <= floor) continue;
      }
      this.#numbers[this.#count] = number;
      this.#scores[this.#count++] = score;
    }
  }

  /** At most as many as wanted, in no order. Ties at the floor are broken by whoever came first. */
  finish(): Uint32Array {
    if (this.#count > this.#wanted) this.#thin();
    return this.#numbers.subarray(0, this.#count);
  }

  #thin(): void {
    const byScore = this.#byScore.fill(0);
    for (let i = 0; i < this.#count; i++) byScore[this.#scores[i]!]! += 1;
    let lowest = byScore.length;
    let above = 0;
    while (lowest > 0 && above + byScore[lowest - 1]! <= this.#wanted) above += byScore[--lowest]!;
    // Those with the score below the lowest one kept fill what is left.
    let ties = this.#wanted - above;
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      const score = this.#scores[i]!;
      if (score < lowest && (score !== lowest - 1 || ties-- <= 0)) continue;
      this.#numbers[kept] = this.#numbers[i]!;
      this.#scores[kept++] = score;
    }
    this.#count = kept;
    this.#floor = lowest - 1;
  }
}
