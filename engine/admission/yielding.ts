import { limits } from '../limits.ts';
import type { Clock } from '../ports.ts';

/**
 * How tenants that ask for more than can be done give way while others ask for what they may: one call at a time for
 * all of them together, and after each a rest in which the others have the machine. Taking turns alone is not enough:
 * on a machine that is kept full everybody is late, also whose turn is always next, because a core or the disk is
 * always just being used by somebody else.
 */
export class Yielding {
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>;
  /** The rest is over. */
  readonly #rested: () => void;
  /** Who called of late and asks for no more than may be, and until when that counts; the earliest first. */
  readonly #others = new Map<string, number>();
  #begunAt = Number.NEGATIVE_INFINITY;
  #resting = false;
  #cancel = (): void => {};

  constructor(clock: Pick<Clock, 'monotonic' | 'after'>, rested: () => void) {
    this.#clock = clock;
    this.#rested = rested;
  }

  /** Somebody called who does not ask for too much. */
  other(name: string): void {
    this.#others.delete(name);
    this.#others.set(name, this.#clock.monotonic() + limits.call_others_memory_ms);
    if (this.#others.size > limits.call_others_max) this.#others.delete(this.#others.keys().next().value!);
  }

  /** Somebody has begun to ask for too much. */
  tooMuch(name: string): void {
    this.#others.delete(name);
  }

  /** Others are there. */
  get needed(): boolean {
    const now = this.#clock.monotonic();
    for (const [name, until] of this.#others) {
      if (now < until) return true;
      this.#others.delete(name);
    }
    return false;
  }

  /** The rest after the last of their calls is over, or that call has been under way for longer than calls take here. */
  get mayGo(): boolean {
    return !this.#resting;
  }

  /** A call of theirs begins. One that takes very long waits for somebody outside, so the next may begin before its end. */
  begun(): void {
    this.#begunAt = this.#clock.monotonic();
    this.#rest(limits.call_rest_ms_max);
  }

  /** The only call of theirs is over. */
  ended(): void {
    const took = this.#clock.monotonic() - this.#begunAt;
    this.#rest(Math.min(limits.call_rest_ms_max, took * (1 / limits.calls_pressed_share - 1)));
  }

  #rest(ms: number): void {
    this.#cancel();
    this.#resting = true;
    this.#cancel = this.#clock.after(ms, () => {
      this.#resting = false;
      this.#rested();
    });
  }
}
