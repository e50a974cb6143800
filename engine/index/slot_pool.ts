import { ThenarError } from '../errors.ts';

/**
 * Hands out places in a worker's arenas. All shards of a worker share one arena each for vectors and codes: a
 * WebAssembly memory reserves gigabytes of address space, so one a tenant would end at about a hundred tenants.
 */
export class SlotPool {
  readonly #free: number[] = [];
  readonly #capacity: number;
  #next = 0;

  /** @param capacity places in all */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @throws ThenarError `limit_reached` when every place is taken */
  take(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    if (this.#next >= this.#capacity) {
      throw new ThenarError('limit_reached', 'This node cannot hold more palm templates.');
    }
    return this.#next++;
  }

  give(slot: number): void {
    this.#free.push(slot);
  }

  get used(): number {
    return this.#next - this.#free.length;
  }
}
