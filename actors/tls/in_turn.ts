import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';

/**
 * Changes of keys or certificates one after the other, from the first look to the last listener: each decides on what the one
 * before left, and listeners take them up in the order they were committed.
 * @returns a function that throws `engine_busy` when too many wait
 */
export function inTurn(): <T>(change: () => Promise<T>) => Promise<T> {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return (change) => {
    if (waiting >= limits.tls_changes_waiting_max) {
      const busy = 'Too many changes of keys and certificates wait already.';
      return Promise.reject(new ThenarError('engine_busy', busy, { retryAfterMs: 1_000 }));
    }
    waiting += 1;
    const turn = last
      .catch(() => undefined)
      .then(change)
      .finally(() => {
        waiting -= 1;
      });
    last = turn;
    return turn;
  };
}
