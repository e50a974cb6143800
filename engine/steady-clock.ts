import { limits } from './limits.ts';
import type { Clock } from './ports.ts';

/** The machine's clock was set forward, and it has not stayed there for long enough to be believed for good. */
interface Leap {
  /** Monotonic milliseconds when it was noticed. */
  readonly at: number;
  /** Where the machine's clock would have been at monotonic zero. */
  readonly line: number;
}

/**
 * The time of day as the engine believes it: that of the machine, but it does not go back. Whatever was over (a token,
 * a code, a session, a lock) stays over when the machine's clock is set back, and what lives on ends in its time.
 *
 * Set forward, the machine's clock is followed at once: a machine that slept has tokens that ran out meanwhile, and
 * refusing one too early harms nobody. Only when it has stayed there for an hour it is believed for good, and work that
 * cannot be undone may go by it; until then a mistake that is put right is as if it had not been.
 *
 * Set back, it is waited for: the time goes on from where it was, at nine tenths of its pace (as clocks are slewed,
 * adjtime(3)), until the machine has caught up. A life is then at most a ninth longer than it should be. A restart
 * believes the machine.
 */
export class SteadyClock implements Clock {
  readonly #clock: Clock;
  /** The time that is not gone back behind, and the monotonic time it was seen at. */
  #time: number;
  #at: number;
  #leap: Leap | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#time = clock.now();
    this.#at = clock.monotonic();
  }

  now(): number {
    const wall = this.#clock.now();
    const at = this.#clock.monotonic();
    const elapsed = at - this.#at;
    this.#at = at;
    if (wall - (this.#time + elapsed) > limits.clock_leap_ms && !this.#isBelieved(wall, at)) {
      this.#time += elapsed;
      return wall;
    }
    this.#leap = null;
    this.#time = Math.max(this.#time + elapsed * limits.clock_slew_pace, wall);
    return Math.floor(this.#time);
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(ms: number, fire: () => void): () => void {
    return this.#clock.after(ms, fire);
  }

  /** Whether the time can be acted upon for good: it was not set forward lately. */
  isSettled(): boolean {
    this.now();
    return this.#leap === null;
  }

  /** Milliseconds by which the machine's clock is behind what it said before. */
  aheadMs(): number {
    return this.now() - this.#clock.now();
  }

  #isBelieved(wall: number, at: number): boolean {
    const line = wall - at;
    if (this.#leap === null || Math.abs(line - this.#leap.line) > limits.clock_leap_ms) {
      this.#leap = { at, line };
    }
    return at - this.#leap.at >= limits.clock_leap_believed_ms;
  }
}
