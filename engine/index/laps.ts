import type { Clock } from '../ports.ts';

/** Milliseconds of one task, by what they went into. */
export interface Spent {
  readonly read: number;
  readonly search: number;
  readonly compare: number;
  /** Templates that were compared exactly. */
  readonly compared: number;
}

/** A stopwatch that the parts of one task share: whoever ends a part says what it was. */
export class Laps {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #last = 0;
  #read = 0;
  #search = 0;
  #compare = 0;
  #compared = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  start(): void {
    this.#read = 0;
    this.#search = 0;
    this.#compare = 0;
    this.#compared = 0;
    this.#last = this.#clock.monotonic();
  }

  /** The time since the last call of any of these was for reading. */
  read(): void {
    this.#read += this.#lap();
  }

  search(): void {
    this.#search += this.#lap();
  }

  /** @param templates how many were compared in that time */
  compare(templates: number): void {
    this.#compare += this.#lap();
    this.#compared += templates;
  }

  get spent(): Spent {
    return { read: this.#read, search: this.#search, compare: this.#compare, compared: this.#compared };
  }

  #lap(): number {
    const now = this.#clock.monotonic();
    const lap = now - this.#last;
    this.#last = now;
    return lap;
  }
}

/** For a shard whose time nobody asks for. */
export const untimed = new Laps({ monotonic: () => 0 });
