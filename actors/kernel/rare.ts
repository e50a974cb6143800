import type { Alarm } from './timers.ts';

export interface Transition {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly message: string;
}

/** What few actors need, kept out of the others' memory. */
export class Rare {
  restarts = 0;
  /** Monotonic times of the crashes within the window. */
  crashes: readonly number[] = none;
  /** The back-off or the wait for effects to settle. */
  pause: Alarm | null = null;
  settling = false;
  refusedUntil = 0;
  timers: Map<string, Alarm> | null = null;
  transitions: Transition[] | null = null;
  /** Operators waiting for a passivation (`gone`) or a restart (`back`). */
  waiters: readonly Waiter[] = none;
}

export interface Waiter {
  readonly on: 'gone' | 'back';
  readonly tell: (done: boolean) => void;
}

/** Shared by all who have none. */
const none: readonly never[] = [];
