import { limits } from '../limits.ts';
import type { Clock } from '../ports.ts';
import type { CallLimit } from './limit.ts';
import { Line } from './line.ts';
import { Yielding } from './yielding.ts';

/** What becomes of a call: it may go on, it waits and is told later, or it is to be answered `engine_busy`. */
export type Entry = 'in' | 'waits' | 'refused';

type Limit = Pick<CallLimit, 'value' | 'pressedValue' | 'called' | 'door'>;

export interface Counts {
  readonly underWay: number;
  readonly waiting: number;
  readonly limit: number;
  /** The limit of tenants that ask for more than can be done. */
  readonly pressedLimit: number;
  /** Since the start. */
  readonly refused: number;
}

/**
 * The door that calls of scanners and over REST go through before anything is spent on them. So many as the limit says
 * are under way, and the others wait in a line of their tenant's. The next one is always of the tenant that has
 * fewest under way, so one that floods waits for itself; and a tenant's first call does not wait at all.
 *
 * A burst is let in however long the machine takes for it: up to `calls_waiting_max` wait, patiently. When that many
 * wait and one more comes, the tenants with the longest lines are asking for more than can be done. From then on, until
 * for a while none of their calls was refused, their calls wait for as long as does not show, and those that would wait
 * longer are refused at once or soon: nobody's answer gets late by standing behind calls that nobody waits for any
 * more. That is the line of "Fail at Scale" (Maurer, ACM Queue 13-8, 2015) with the length for the sign of overload,
 * which does not depend on how fast the machine is. Such tenants have a limit of their own, and while others call they
 * give way: see {@link Yielding}.
 */
export class Admission {
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly #pressure: (name: string, begins: boolean) => void;
  readonly #limit: Limit;
  readonly #yielding: Yielding;
  /** Of tenants that have calls under way or waiting, or were refused of late. */
  readonly #lines = new Map<string, Line>();
  /** Those of them in which somebody waits, the one whose turn it is first. */
  readonly #waiting = new Set<Line>();
  #underWay = 0;
  /** Of tenants that are asking for more than can be done. */
  #pressedUnderWay = 0;
  /** Tenants that have calls under way. */
  #present = 0;
  /** Tenants that are asking for more than can be done. */
  #pressed = 0;
  #waits = 0;
  #pressedWaits = 0;
  #refused = 0;
  #sweeping = false;

  /** @param pressure hears when the first call of a tenant is refused, and when that has been over for a while */
  constructor(
    clock: Pick<Clock, 'monotonic' | 'after'>,
    limit: Limit,
    pressure: (name: string, begins: boolean) => void = () => {},
  ) {
    this.#clock = clock;
    this.#limit = limit;
    this.#pressure = pressure;
    this.#yielding = new Yielding(clock, () => this.#fill());
    limit.door = {
      waits: () => this.#waits > this.#pressedWaits,
      pressed: () => this.#pressed > 0,
      pressedWaits: () => this.#pressedWaits > 0,
      risen: () => this.#fill(),
    };
  }

  /** For operators. */
  get counts(): Counts {
    return {
      underWay: this.#underWay,
      waiting: this.#waits,
      limit: this.#limit.value,
      pressedLimit: this.#limit.pressedValue,
      refused: this.#refused,
    };
  }

  /**
   * Each call that is let in is to {@link leave} once.
   * @param name the tenant, or of a caller who is of none, where it calls from
   * @param told of a call that waits: whether it is let in
   */
  enter(name: string, told: (letIn: boolean) => void): Entry {
    this.#limit.called();
    const line = this.#lineOf(name);
    if (!line.pressed) this.#yielding.other(name);
    if (line.empty && this.#mayGo(line)) {
      this.#begin(line);
      return 'in';
    }
    if (this.#waits >= limits.calls_waiting_max && !this.#makeRoom(line)) return 'refused';
    line.add({ since: this.#clock.monotonic(), told });
    this.#waited(line, 1);
    this.#waiting.add(line);
    this.#watch();
    return 'waits';
  }

  leave(name: string): void {
    const line = this.#lines.get(name);
    if (line === undefined || line.underWay === 0) return;
    line.underWay -= 1;
    this.#underWay -= 1;
    if (line.underWay === 0) this.#present -= 1;
    if (line.pressed) {
      this.#pressedUnderWay -= 1;
      if (this.#pressedUnderWay === 0 && this.#yielding.needed) this.#yielding.ended();
    }
    this.#fill();
    this.#forget(line);
  }

  #lineOf(name: string): Line {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const line = new Line(name);
    this.#lines.set(name, line);
    return line;
  }

  /** A tenant's first call goes over the limit, until so many tenants call that it is all of them. */
  #mayGo(line: Line): boolean {
    if (line.pressed && this.#yielding.needed) {
      return this.#yielding.mayGo && this.#pressedUnderWay < limits.calls_under_way_max;
    }
    const value = line.pressed ? this.#limit.pressedValue : this.#limit.value;
    if (line.underWay === 0) return this.#present < 2 * value;
    return (line.pressed ? this.#pressedUnderWay : this.#underWay - this.#pressedUnderWay) < value;
  }

  #begin(line: Line): void {
    if (line.underWay === 0) this.#present += 1;
    line.underWay += 1;
    this.#underWay += 1;
    if (!line.pressed) return;
    this.#pressedUnderWay += 1;
    if (this.#yielding.needed) this.#yielding.begun();
  }

  /** Lets in as many as there is room for, each time of the tenant with the fewest under way that may go. */
  #fill(): void {
    while (this.#waits > 0) {
      let next: Line | null = null;
      for (const line of this.#waiting) {
        if ((next === null || line.underWay < next.underWay) && this.#mayGo(line)) next = line;
      }
      if (next === null) return;
      const call = next.take();
      this.#waited(next, -1);
      this.#begin(next);
      // Its turn is over: among equals the others come first.
      if (this.#waiting.delete(next) && !next.empty) this.#waiting.add(next);
      call.told(true);
    }
  }

  #waited(line: Line, more: number): void {
    this.#waits += more;
    if (line.pressed) this.#pressedWaits += more;
  }

  /** Refuses one of the longest line. False when that is this one's own, whose newest call it is then. */
  #makeRoom(own: Line): boolean {
    const now = this.#clock.monotonic();
    let longest = own;
    for (const line of this.#waiting) if (line.length > longest.length) longest = line;
    // Whose line is nearly as long asks for as much; one after the other they would all find it out much later.
    for (const line of this.#waiting) if (line.length > longest.length / 2) this.#press(line, now);
    this.#refuse(longest, now);
    if (longest === own) return false;
    this.#waited(longest, -1);
    longest.drop().told(false);
    if (longest.empty) this.#waiting.delete(longest);
    return true;
  }

  #refuse(line: Line, now: number): void {
    this.#refused += 1;
    this.#press(line, now);
  }

  /** The tenant asks for more than can be done. */
  #press(line: Line, now: number): void {
    line.press(now);
    if (line.pressed) return;
    this.#turn(line, true);
    this.#remember(line);
  }

  /** A line under pressure is kept until that is over, though nobody may stand in it. */
  #remember(line: Line): void {
    this.#clock.after(line.pressedUntil - this.#clock.monotonic(), () => {
      if (this.#clock.monotonic() < line.pressedUntil) return this.#remember(line);
      this.#turn(line, false);
      this.#fill();
      this.#forget(line);
    });
  }

  #turn(line: Line, pressed: boolean): void {
    line.pressed = pressed;
    if (pressed) this.#yielding.tooMuch(line.name);
    const sign = pressed ? 1 : -1;
    this.#pressed += sign;
    this.#pressedUnderWay += sign * line.underWay;
    this.#pressedWaits += sign * line.length;
    this.#pressure(line.name, pressed);
  }

  /** While somebody waits, those who have waited too long are told. */
  #watch(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#clock.after(limits.call_wait_pressed_ms, () => {
      this.#sweeping = false;
      this.#sweep();
      if (this.#waits > 0) this.#watch();
    });
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    for (const line of [...this.#waiting]) {
      const late = line.late(now);
      this.#waited(line, -late.length);
      for (const call of late) {
        this.#refuse(line, now);
        call.told(false);
      }
      if (line.empty) this.#waiting.delete(line);
      this.#forget(line);
    }
  }

  #forget(line: Line): void {
    if (line.idle) this.#lines.delete(line.name);
  }
}
