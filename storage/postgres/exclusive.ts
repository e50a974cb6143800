/**
 * Connections for one user at a time. The driver has reserved connections of its own, but hands a new one out only
 * after a first query that cannot be held when it fails; a pool of one connection needs neither.
 */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Connection, Replaceable, Runner } from './client.ts';
import { unavailable } from './failures.ts';

export class ExclusiveConnections {
  readonly #make: () => Replaceable;
  readonly #max: number;
  readonly #all: Replaceable[] = [];
  readonly #free: Replaceable[] = [];
  readonly #waiting = new Set<(slot: Replaceable) => void>();

  constructor(max: number, make: () => Replaceable) {
    this.#max = max;
    this.#make = make;
  }

  /**
   * The next free connection, open.
   * @throws ThenarError `engine_busy` when too many wait for one, `unavailable` when none comes free in
   *   `limits.commit_wait_ms`, or the driver's error when it cannot be made
   */
  async take(): Promise<Connection> {
    const slot = await this.#next();
    try {
      return this.#lend(slot, await slot.opened());
    } catch (error) {
      this.#giveBack(slot);
      throw error;
    }
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
    if (this.#waiting.size >= limits.commit_lanes_max) {
      throw new ThenarError('engine_busy', 'Too many transactions wait for a connection.');
    }
    return new Promise((resolve, reject) => {
      const taker = (slot: Replaceable): void => {
        clearTimeout(timer);
        resolve(slot);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(taker);
        reject(unavailable(new Error('no connection came free')));
      }, limits.commit_wait_ms);
      this.#waiting.add(taker);
    });
  }

  /** @param runner this very connection: were it replaced in the middle, the rest would run outside its transaction. */
  #lend(slot: Replaceable, runner: Runner): Connection {
    let lent = true;
    const release = (): void => {
      if (lent) this.#giveBack(slot);
      lent = false;
    };
    return {
      unsafe: runner.unsafe.bind(runner),
      release,
      abandon() {
        if (lent && slot.current() === runner) slot.replace();
        release();
      },
    };
  }

  #giveBack(slot: Replaceable): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free.push(slot);
      return;
    }
    this.#waiting.delete(next);
    next(slot);
  }
}
