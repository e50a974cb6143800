import type { Clock } from '../../engine/ports.ts';

interface Waiting {
  readonly due: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that only moves when told to, so that a test never waits and a simulation is the same every time. */
export class VirtualClock implements Clock {
  readonly #epoch: number;
  readonly #waiting: Waiting[] = [];
  #time = 0;
  #orders = 0;

  /** @param epoch what `now` says at the start, in milliseconds. */
  constructor(epoch = 1_700_000_000_000) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#epoch + this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  after(ms: number, fire: () => void): () => void {
    this.#orders += 1;
    const entry: Waiting = { due: this.#time + Math.max(0, ms), order: this.#orders, fire };
    let at = this.#waiting.length;
    // Latest first, and of equal ones the one set last first: the next to fire is at the end.
    while (at > 0 && this.#waiting[at - 1]!.due <= entry.due) at -= 1;
    this.#waiting.splice(at, 0, entry);
    return () => {
      const index = this.#waiting.indexOf(entry);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  /** When the next timer is due, in monotonic milliseconds; null when none waits. */
  nextDue(): number | null {
    return this.#waiting.at(-1)?.due ?? null;
  }

  /** Moves to the next timer and fires it; false when none waits. */
  step(): boolean {
    const entry = this.#waiting.pop();
    if (entry === undefined) return false;
    this.#time = Math.max(this.#time, entry.due);
    entry.fire();
    return true;
  }

  /** Moves on by `ms`, firing what falls due, in order, and letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const until = this.#time + ms;
    await settled();
    for (let due = this.nextDue(); due !== null && due <= until; due = this.nextDue()) {
      this.step();
      await settled();
    }
    this.#time = until;
    await settled();
  }
}

/** Resolves when every promise and immediate that was ready has run: twice round the event loop. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 2; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
