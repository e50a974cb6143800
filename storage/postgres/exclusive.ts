/**
 * Connections for one user at a time. The driver has reserved connections of its own, but hands a new one out only
 * after a first query that cannot be held when it fails; a pool of one connection needs neither.
 */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Connection, Replaceable } from './client.ts';

export class ExclusiveConnections {
  readonly #make: () => Replaceable;
  readonly #max: number;
  readonly #all: Replaceable[] = [];
  readonly #free: Replaceable[] = [];
  readonly #waiting: ((slot: Replaceable) => void)[] = [];

  constructor(max: number, make: () => Replaceable) {
    this.#max = max;
    this.#make = make;
  }

  /** The next free connection. @throws ThenarError `engine_busy` when too many wait for one */
  async take(): Promise<Connection> {
    return this.#lend(await this.#next());
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((slot) => slot.end()));
  }

  #next(): Replaceable | Promise<Replaceable> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#all.length < this.#max) {
      const made = this.#make();
      this.#all.push(made);
      return made;
    }
    if (this.#waiting.length >= limits.commit_lanes_max) {
      throw new ThenarError('engine_busy', 'Too many transactions wait for a connection.');
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #lend(slot: Replaceable): Connection {
    // This very connection: were it replaced in the middle, the rest would run outside its transaction.
    const runner = slot.current();
    let lent = true;
    const giveBack = (): void => {
      if (!lent) return;
      lent = false;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(slot);
      else next(slot);
    };
    return {
      unsafe: runner.unsafe.bind(runner),
      release: giveBack,
      abandon() {
        slot.replace();
        giveBack();
      },
    };
  }
}
