import { type ActorSystemRef, dispatch, type Ref, spawn, start, stop } from 'nact';
import type { Turn, TurnRef, Turns } from './turns.ts';

/** The only message nact ever carries: what there is to do waits in our own bounded mailbox. */
const WAKE = 'wake';

const stopOnCrash = (_message: unknown, _error: unknown, context: { stop: symbol }): symbol => context.stop;
const afterStop = (): void => {};
const run = (actor: Turn): Turn => {
  actor.turn();
  return actor;
};

/**
 * Turns by nact: one nact actor for each of ours, all directly under the system, because a parent's map of children
 * is copied for every message the parent handles. Only `start`, `spawn`, `dispatch`, `stop` and `onCrash: stop` are
 * used; the reasons are in DESIGN, "Actors". The functions are shared, so an idle actor costs no closure.
 */
export function nactTurns(): Turns {
  const system: ActorSystemRef = start();
  let spawned = 0;
  return {
    spawn(actor: Turn): TurnRef {
      // nact allows no slash in a name and our keys have them; nothing looks actors up by nact's name.
      spawned += 1;
      return spawn(system, run as never, spawned.toString(36), {
        initialState: actor,
        onCrash: stopOnCrash as never,
        afterStop,
      } as never);
    },
    wake(ref) {
      dispatch(ref as Ref<string>, WAKE);
    },
    stop(ref) {
      stop(ref as Ref<string>);
    },
    close() {
      stop(system);
    },
  };
}
