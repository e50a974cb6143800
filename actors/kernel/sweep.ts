import type { Cell } from './cell.ts';
import type { Kernel, Kind } from './context.ts';
import { beginPassivation } from './lifecycle.ts';
import { mayLeave } from './operate.ts';

/**
 * Sends idle actors out of memory. One sweep for all of them, a bounded number an event-loop turn, four times in the
 * shortest idle time: an idle actor costs no timer, and leaves at most a quarter later than it could.
 */
export class IdleSweep {
  readonly #kernel: Kernel;
  readonly #kinds: ReadonlyMap<string, Kind>;
  #armed = false;

  constructor(kernel: Kernel, kinds: ReadonlyMap<string, Kind>) {
    this.#kernel = kernel;
    this.#kinds = kinds;
  }

  /** Called when an actor enters memory; arms the sweep when it is not. */
  arm(): void {
    if (this.#armed) return;
    let idleMs = Number.POSITIVE_INFINITY;
    for (const kind of this.#kinds.values()) {
      if (kind.cells.size > 0) idleMs = Math.min(idleMs, kind.idleMs);
    }
    if (idleMs === Number.POSITIVE_INFINITY) return;
    this.#armed = true;
    this.#kernel.timers.after(Math.max(1, idleMs / 4), () => this.#run(this.#candidates()));
  }

  *#candidates(): Generator<Cell> {
    for (const kind of this.#kinds.values()) {
      if (kind.idleMs !== Number.POSITIVE_INFINITY) yield* kind.cells.values();
    }
  }

  #run(candidates: Generator<Cell>): void {
    const { bounds, clock, timers } = this.#kernel;
    const now = clock.monotonic();
    for (let looked = 0; looked < bounds.idle_sweep_batch_max; looked += 1) {
      const next = candidates.next();
      if (next.done === true) {
        this.#armed = false;
        this.arm();
        return;
      }
      const cell = next.value;
      if (now - cell.lastActive >= cell.kind.idleMs && mayLeave(cell)) beginPassivation(cell);
    }
    timers.after(1, () => this.#run(candidates));
  }
}
