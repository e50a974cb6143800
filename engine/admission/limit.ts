import { limits } from '../limits.ts';
import type { Clock } from '../ports.ts';

/** What of the engine's queues a newcomer would have to wait in, at this moment. */
export interface Queues {
  /** Milliseconds that what has waited longest has waited, at a match worker and for a commit together. */
  waitedMs(): number;
}

/** What the limit knows of those who want to be let in. */
export interface Door {
  /** Somebody waits, of a tenant that asks for no more than can be done. */
  waits(): boolean;
  /** Some tenant asks for more. */
  pressed(): boolean;
  /** Somebody of such a tenant waits. */
  pressedWaits(): boolean;
  /** The limit has risen: some of them may go on. */
  risen(): void;
}

/**
 * How many calls may be under way at once: so many that those who are let in do not wait long for each other. Who is
 * under way and waits for somebody outside, a product's service or a mail server, makes nobody late, and there may be
 * hundreds of them. Who waits for this machine does, and beyond a few more of them only make all of them later.
 *
 * So the number is found by looking at the queues that grow when the machine is full: the main thread's, by how late a
 * timer is, and the match workers' and the commits', by the age of what waits there. While callers want more and no
 * wait is long the limit rises, as long as one is it falls, and while nobody calls it goes back to where it began: the
 * control of a congested network (Jacobson, "Congestion avoidance and control", 1988) with the time in a queue as the
 * sign of congestion, as in CoDel (RFC 8289) and DAGOR (Zhou et al., SoCC 2018), because how long an answer takes
 * says as much about whom it is asked from.
 *
 * Tenants that ask for more than can be done have a limit of their own, for all of them together, which goes by a
 * shorter wait: what they are let in for must not be what others wait for.
 */
export class CallLimit {
  /** Who lets callers in. */
  door: Door = { waits: () => false, pressed: () => false, pressedWaits: () => false, risen: () => {} };
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly #queues: Queues;
  #value: number = limits.calls_under_way_usual;
  #pressedValue: number = limits.calls_under_way_usual;
  #watching = false;
  /** Since the last look. */
  #called = false;
  /** Moving mean of what a newcomer would have waited, milliseconds. */
  #waitMs = 0;

  constructor(clock: Pick<Clock, 'monotonic' | 'after'>, queues: Queues) {
    this.#clock = clock;
    this.#queues = queues;
  }

  /** Of tenants that ask for no more than can be done. */
  get value(): number {
    return Math.floor(this.#value);
  }

  /** Of those that ask for more, together. */
  get pressedValue(): number {
    return Math.floor(this.#pressedValue);
  }

  /** For operators: the mean wait that the limit goes by, milliseconds. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** A call came; from the first one on it looks. */
  called(): void {
    this.#called = true;
    if (!this.#watching) this.#watch();
  }

  #watch(): void {
    this.#watching = true;
    const due = this.#clock.monotonic() + limits.call_limit_look_ms;
    this.#clock.after(limits.call_limit_look_ms, () => {
      this.#look(Math.max(0, this.#clock.monotonic() - due));
    });
  }

  #look(lateMs: number): void {
    this.#waitMs += (lateMs + this.#queues.waitedMs() - this.#waitMs) / WEIGHT;
    const { door } = this;
    const waits = door.waits();
    const pressedWaits = door.pressedWaits();
    const idle = !this.#called && !waits && !pressedWaits && this.#waitMs < 1;
    const [before, pressedBefore] = [this.#value, this.#pressedValue];
    this.#value = idle ? limits.calls_under_way_usual : this.#next(before, limits.queue_wait_ms, waits);
    // While nobody asks for too much it goes along, so that it begins where the other one is.
    this.#pressedValue = door.pressed()
      ? this.#next(pressedBefore, limits.queue_wait_pressed_ms, pressedWaits)
      : this.#value;
    this.#called = false;
    if (idle) this.#watching = false;
    else this.#watch();
    if (this.#value > before || this.#pressedValue > pressedBefore) door.risen();
  }

  #next(value: number, target: number, waits: boolean): number {
    const { calls_under_way_min: least, calls_under_way_usual: usual, calls_under_way_max: most } = limits;
    if (this.#waitMs > target) return Math.max(least, value * FALL);
    if (!waits) return value > usual ? Math.max(usual, value * FALL) : value;
    // Nobody waits for this machine: what is under way waits for others, and so would the next ones.
    if (this.#waitMs < target / 4) return Math.min(most, value * RISE);
    return this.#waitMs < target / 2 ? Math.min(most, value + 1) : value;
  }
}

/** Looks that the mean goes back over: a tenth of a second, so that one collection of garbage is no overload. */
const WEIGHT = 4;
const RISE = 1.5;
const FALL = 0.8;
