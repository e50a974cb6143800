import type { Clock } from '../../engine/ports.ts';

/** Longest wait a JavaScript timer can hold; a later one is armed again when this has passed. */
const ARM_MS_MAX = 2_147_483_647;

/** An entry of {@link Timers}. `slot` belongs to the heap: its index there, -1 when it is not in it. */
export interface Timed {
  readonly due: number;
  slot: number;
  fire(): void;
}

export class Alarm implements Timed {
  readonly due: number;
  readonly fire: () => void;
  slot = -1;

  constructor(due: number, fire: () => void) {
    this.due = due;
    this.fire = fire;
  }
}

/**
 * All deadlines and timers of the kernel in one binary heap over one timer of the clock, so that neither an ask nor
 * an actor costs a timer of its own. Deadlines mostly arrive in order, which makes adding one a single step.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #heap: Timed[] = [];
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(entry: Timed): void {
    this.#heap.push(entry);
    this.#up(this.#heap.length - 1, entry);
    if (entry.due < this.#armedFor) this.#arm(entry.due);
  }

  /** Calls `fire` in `ms`; the alarm is returned so that it can be removed. */
  after(ms: number, fire: () => void): Alarm {
    const alarm = new Alarm(this.#clock.monotonic() + ms, fire);
    this.add(alarm);
    return alarm;
  }

  /** No effect when the entry has fired or was removed. The clock's timer stays: an early wake costs less. */
  remove(entry: Timed): void {
    const at = entry.slot;
    if (at < 0) return;
    entry.slot = -1;
    const last = this.#heap.pop()!;
    if (last === entry) return;
    this.#up(at, last);
    this.#down(last.slot, last);
  }

  /** Rejects with what `late` makes when the work takes longer than `ms`; its later outcome is then ignored. */
  within<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const alarm = this.after(ms, () => reject(late()));
      work.then(
        (value) => {
          this.remove(alarm);
          resolve(value);
        },
        (error: unknown) => {
          this.remove(alarm);
          reject(error);
        },
      );
    });
  }

  close(): void {
    this.#disarm?.();
    this.#disarm = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
    for (const entry of this.#heap) entry.slot = -1;
    this.#heap.length = 0;
  }

  #arm(due: number): void {
    this.#disarm?.();
    this.#armedFor = due;
    const ms = Math.min(Math.max(0, Math.ceil(due - this.#clock.monotonic())), ARM_MS_MAX);
    this.#disarm = this.#clock.after(ms, () => this.#expire());
  }

  #expire(): void {
    this.#disarm = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
      this.remove(first);
      first.fire();
    }
    const next = this.#heap[0];
    if (next !== undefined && next.due < this.#armedFor) this.#arm(next.due);
  }

  #up(from: number, entry: Timed): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt]!;
      if (parent.due <= entry.due) break;
      heap[at] = parent;
      parent.slot = at;
      at = parentAt;
    }
    heap[at] = entry;
    entry.slot = at;
  }

  #down(from: number, entry: Timed): void {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      let childAt = 2 * at + 1;
      if (childAt >= heap.length) break;
      if (childAt + 1 < heap.length && heap[childAt + 1]!.due < heap[childAt]!.due) childAt += 1;
      const child = heap[childAt]!;
      if (child.due >= entry.due) break;
      heap[at] = child;
      child.slot = at;
      at = childAt;
    }
    heap[at] = entry;
    entry.slot = at;
  }
}
