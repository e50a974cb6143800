import { limits } from '../limits.ts';

/** A call that waits to be let in. */
export interface WaitingCall {
  /** `Clock.monotonic()` milliseconds. */
  readonly since: number;
  told(letIn: boolean): void;
}

/** One tenant's calls at the door: how many of it are under way, and those that wait. */
export class Line {
  readonly name: string;
  underWay = 0;
  /** The one that has waited longest first. */
  readonly #calls: WaitingCall[] = [];
  /** It asks for more than can be done. */
  pressed = false;
  #pressedUntil = Number.NEGATIVE_INFINITY;

  constructor(name: string) {
    this.name = name;
  }

  get length(): number {
    return this.#calls.length;
  }

  get empty(): boolean {
    return this.#calls.length === 0;
  }

  add(call: WaitingCall): void {
    this.#calls.push(call);
  }

  /** A call of it was refused: until when that is remembered, `Clock.monotonic()`. */
  press(now: number): void {
    this.#pressedUntil = now + limits.call_pressed_memory_ms;
  }

  get pressedUntil(): number {
    return this.#pressedUntil;
  }

  /** Who is next: in order, and under pressure the newest, since of the others most will be refused. */
  take(): WaitingCall {
    return (this.pressed ? this.#calls.pop() : this.#calls.shift())!;
  }

  /** Takes out the one that waited longest: it has the least left of its patience. */
  drop(): WaitingCall {
    return this.#calls.shift()!;
  }

  /** Takes out those that have waited too long. */
  late(now: number): readonly WaitingCall[] {
    const patience = this.pressed ? limits.call_wait_pressed_ms : limits.call_wait_ms;
    let count = 0;
    while (count < this.#calls.length && now - this.#calls[count]!.since >= patience) count += 1;
    return this.#calls.splice(0, count);
  }

  /** Nothing is to be remembered about it. */
  get idle(): boolean {
    return this.underWay === 0 && this.empty && !this.pressed;
  }
}
