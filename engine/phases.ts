import type { Clock } from './ports.ts';

/** One part of a start, in milliseconds since the process began. Parts overlap where they run at once. */
export interface Phase {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** What a start spent its time on: kept for the log and for operators, who ask when a start was slow. */
export class Phases {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #done: Phase[] = [];

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** In the order in which they began. */
  get list(): readonly Phase[] {
    return this.#done.toSorted((one, other) => one.from - other.from);
  }

  /** Runs `work` as the phase of this name; one that fails leaves none. */
  async time<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const from = this.#clock.monotonic();
    const result = await work();
    this.note(name, from);
    return result;
  }

  /** Ends a phase that began at `from`. */
  note(name: string, from: number): void {
    const milliseconds = (at: number): number => Math.round(at * 10) / 10;
    this.#done.push({ name, from: milliseconds(from), to: milliseconds(this.#clock.monotonic()) });
  }
}
