import type { Clock } from '../../engine/ports.ts';
import type { DeadLetter, Message } from './types.ts';

/** Counts every message nobody took and keeps the last few, without their content, for inspection. */
export class DeadLetters {
  readonly #clock: Clock;
  readonly #keptMax: number;
  readonly #kept: DeadLetter[] = [];
  #total = 0;
  /** How many there were for each reason. */
  readonly byReason: Record<DeadLetter['reason'], number> = {
    stopped: 0,
    mailbox_full: 0,
    activation_failed: 0,
    backing_off: 0,
  };

  constructor(clock: Clock, keptMax: number) {
    this.#clock = clock;
    this.#keptMax = keptMax;
  }

  add(kind: string, key: string, message: Message, reason: DeadLetter['reason']): void {
    const letter = { at: this.#clock.now(), kind, key, message: message.type, reason };
    // A ring: the oldest is overwritten in place, so that a flood of dead letters moves no array.
    if (this.#kept.length < this.#keptMax) this.#kept.push(letter);
    else if (this.#keptMax > 0) this.#kept[this.#total % this.#keptMax] = letter;
    this.#total += 1;
    this.byReason[reason] += 1;
  }

  report(): { readonly total: number; readonly recent: readonly DeadLetter[] } {
    const full = this.#kept.length === this.#keptMax && this.#keptMax > 0;
    const oldest = full ? this.#total % this.#keptMax : 0;
    return { total: this.#total, recent: [...this.#kept.slice(oldest), ...this.#kept.slice(0, oldest)] };
  }
}
