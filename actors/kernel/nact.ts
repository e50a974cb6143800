import { type ActorSystemRef, dispatch, type Ref, spawn, start, stop } from 'nact';
import type { Turn, TurnRef, Turns } from './turns.ts';

/** The only message nact ever carries: what there is to do waits in our own bounded mailbox. */
const WAKE = 'wake';

const stopOnCrash = (_message: unknown, _error: unknown, context: { stop: symbol }): symbol => context.stop;
const afterStop = (): void => {};

/** How many turns one message of nact gives at most: as many as would share one phase of the event loop anyway. */
const TURNS_TOGETHER = 64;

/** One actor's place. */
interface Seat {
  readonly actor: Turn;
  /** Null once stopped. */
  ref: Ref<string> | null;
}

/**
 * Turns by nact: one nact actor for each of ours, all directly under the system, because a parent's map of children
 * is copied for every message the parent handles. Only `start`, `spawn`, `dispatch`, `stop` and `onCrash: stop` are
 * used; the reasons are in DESIGN, "Actors". The functions are shared, so an idle actor costs no closure.
 *
 * A message of nact costs more than most turns, so that of many actors woken in one stretch only the first is sent
 * one. It leads: its turn is followed by those of the actors that were woken behind it, in order.
 */
export function nactTurns(): Turns {
  const system: ActorSystemRef = start();
  let spawned = 0;
  /** Whose message is under way; while there is none nobody waits. */
  let leader: Seat | null = null;
  const waiting: Seat[] = [];

  const lead = (seat: Seat, ref: Ref<string>): void => {
    leader = seat;
    dispatch(ref, WAKE);
  };
  const leadOn = (): void => {
    while (leader === null) {
      const next = waiting.shift();
      if (next === undefined) return;
      if (next.ref !== null) lead(next, next.ref);
    }
  };
  const leave = (seat: Seat): void => {
    if (seat.ref === null) return;
    stop(seat.ref);
    seat.ref = null;
    // Its message went with it; those behind it must not wait for ever.
    if (leader !== seat) return;
    leader = null;
    leadOn();
  };
  const give = (seat: Seat): void => {
    try {
      seat.actor.turn();
    } catch (error) {
      // A turn never throws; one that does is a defect of the kernel, told loudly, and must not take others along.
      leave(seat);
      queueMicrotask(() => {
        throw error;
      });
    }
  };
  const run = (seat: Seat): Seat => {
    if (leader === seat) leader = null;
    // Whoever is woken from here on has a later turn.
    let left = Math.min(waiting.length, TURNS_TOGETHER - 1);
    give(seat);
    for (; left > 0; left -= 1) {
      const next = waiting.shift();
      if (next !== undefined && next.ref !== null) give(next);
    }
    leadOn();
    return seat;
  };

  return {
    spawn(actor: Turn): TurnRef {
      // nact allows no slash in a name and our keys have them; nothing looks actors up by nact's name.
      spawned += 1;
      const seat: Seat = { actor, ref: null };
      seat.ref = spawn(system, run as never, spawned.toString(36), {
        initialState: seat,
        onCrash: stopOnCrash as never,
        afterStop,
      } as never) as Ref<string>;
      return seat;
    },
    wake(ref) {
      const seat = ref as Seat;
      if (seat.ref === null) return;
      if (leader === null) lead(seat, seat.ref);
      else waiting.push(seat);
    },
    stop(ref) {
      leave(ref as Seat);
    },
    close() {
      stop(system);
    },
  };
}
