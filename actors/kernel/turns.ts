/** Something that handles a bounded batch of its work each time it is given a turn. Never throws. */
export interface Turn {
  turn(): void;
}

/** A scheduled actor as its scheduler knows it. */
export type TurnRef = object;

/**
 * Gives actors turns, one actor at a time. The kernel knows when an actor has work; the scheduler knows when it may
 * do it. nact is the real one; the simulation injects one that picks the next actor by seed.
 */
export interface Turns {
  spawn(actor: Turn): TurnRef;
  /** Exactly one later call of `turn`, never within this call. */
  wake(ref: TurnRef): void;
  stop(ref: TurnRef): void;
  /** Stops all that is left. */
  close(): void;
}
