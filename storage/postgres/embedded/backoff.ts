import { limits } from '../../../engine/limits.ts';
import type { Clock } from '../../../engine/ports.ts';

/** The wait before each start of a server that went away: none for one that had run for long, else ever longer. */
export class Backoff {
  readonly #clock: Clock;
  #waitMs = 0;
  #upSince: number;
  #wake = (): void => {};
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#upSince = clock.monotonic();
  }

  /** The server is up. */
  up(): void {
    this.#upSince = this.#clock.monotonic();
  }

  /** The server went away. */
  down(): void {
    if (this.#clock.monotonic() - this.#upSince > limits.embedded_healthy_ms) this.#waitMs = 0;
  }

  /** Resolves when it is time for the next try, or at once when it was stopped. */
  async wait(): Promise<void> {
    const ms = this.#waitMs;
    this.#waitMs = Math.min(limits.embedded_retry_max_ms, Math.max(limits.embedded_retry_ms, ms * 2));
    if (this.#stopped || ms === 0) return;
    await new Promise<void>((resolve) => {
      // Not the clock's timer: with the server away nothing else may keep the process alive.
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }
}
