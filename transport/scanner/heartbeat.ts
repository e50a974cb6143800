import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';

/** Something that is due once at a time; it remembers its own slot so that moving it needs no search. */
export interface Timed {
  wheelSlot: number;
  due(): void;
}

/** `wheelSlot` of something that is not in the wheel. */
export const NOT_PLACED = -1;

const SLOTS = 64;

/**
 * One timer for all scanner sockets: heartbeats and the wait for `session.open`. Thousands of timers of their own
 * would cost memory for each idle scanner and wake the process for each ping; here a tick handles one slot.
 * The wheel stands still while it is empty.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #slots: (Set<Timed> | undefined)[] = new Array<Set<Timed> | undefined>(SLOTS).fill(undefined);
  #cursor = 0;
  #placed = 0;
  #cancelTick: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `timed.due()` once after about `ms` (rounded up to ticks); replaces what it was placed for before. */
  place(timed: Timed, ms: number): void {
    this.remove(timed);
    const ticks = Math.min(SLOTS - 1, Math.max(1, Math.ceil(ms / limits.scanner_wheel_tick_ms)));
    const slot = (this.#cursor + ticks) % SLOTS;
    timed.wheelSlot = slot;
    let set = this.#slots[slot];
    if (set === undefined) {
      set = new Set();
      this.#slots[slot] = set;
    }
    set.add(timed);
    this.#placed += 1;
    if (this.#cancelTick === null) this.#arm();
  }

  remove(timed: Timed): void {
    if (timed.wheelSlot === NOT_PLACED) return;
    if (this.#slots[timed.wheelSlot]?.delete(timed) === true) this.#placed -= 1;
    timed.wheelSlot = NOT_PLACED;
  }

  stop(): void {
    this.#cancelTick?.();
    this.#cancelTick = null;
  }

  #arm(): void {
    this.#cancelTick = this.#clock.after(limits.scanner_wheel_tick_ms, () => this.#tick());
  }

  #tick(): void {
    this.#cancelTick = null;
    this.#cursor = (this.#cursor + 1) % SLOTS;
    const due = this.#slots[this.#cursor];
    this.#slots[this.#cursor] = undefined;
    if (due !== undefined) {
      this.#placed -= due.size;
      // All leave before any is called: one that places itself again must not be taken for still being here.
      for (const timed of due) timed.wheelSlot = NOT_PLACED;
      for (const timed of due) timed.due();
    }
    if (this.#placed > 0 && this.#cancelTick === null) this.#arm();
  }
}
