/**
 * The best of many by a number, without sorting them all: a heap of the size that is kept, whose root is the one that
 * would be dropped next. Of equal ones the one that was offered first is the better.
 */
interface Ranked<T> {
  score: number;
  order: number;
  item: T;
}

export class Best<T> {
  readonly #sizeMax: number;
  readonly #heap: Ranked<T>[] = [];
  #offered = 0;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  offer(score: number, item: T): void {
    const order = this.#offered++;
    const heap = this.#heap;
    if (heap.length < this.#sizeMax) {
      heap.push({ score, order, item });
      this.#rise(heap.length - 1);
    } else if (this.#sizeMax > 0 && score > heap[0]!.score) {
      // The place of the one that is dropped is taken over: of a million that are offered none leaves garbage.
      const root = heap[0]!;
      root.score = score;
      root.order = order;
      root.item = item;
      this.#sink();
    }
  }

  /** Takes out the worst that is left; undefined when none is. */
  takeWorst(): T | undefined {
    const heap = this.#heap;
    const worst = heap[0];
    const last = heap.pop();
    if (worst === undefined || last === undefined) return undefined;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return worst.item;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const moved = heap[from]!;
    let at = from;
    for (let up = (at - 1) >> 1; at > 0 && isWorse(moved, heap[up]!); up = (at - 1) >> 1) {
      heap[at] = heap[up]!;
      at = up;
    }
    heap[at] = moved;
  }

  /** The root goes down to where it belongs. */
  #sink(): void {
    const heap = this.#heap;
    const moved = heap[0]!;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      if (down + 1 < heap.length && isWorse(heap[down + 1]!, heap[down]!)) down += 1;
      if (!isWorse(heap[down]!, moved)) break;
      heap[at] = heap[down]!;
      at = down;
    }
    heap[at] = moved;
  }
}

function isWorse(a: Ranked<unknown>, b: Ranked<unknown>): boolean {
  return a.score < b.score || (a.score === b.score && a.order > b.order);
}
