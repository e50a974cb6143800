import { ThenarError } from '../errors.ts';
import type { Clock } from '../ports.ts';

/** `work`, or `deadline_exceeded` when it takes longer than until `deadline` (`Clock.monotonic()` milliseconds). */
export function within<T>(clock: Clock, deadline: number, work: Promise<T>): Promise<T> {
  if (deadline === Number.POSITIVE_INFINITY) return work;
  return new Promise((resolve, reject) => {
    const cancel = clock.after(Math.max(0, deadline - clock.monotonic()), () =>
      reject(new ThenarError('deadline_exceeded', 'The palm index was not ready in time.')),
    );
    work.then(resolve, reject).finally(cancel);
  });
}

/** Of a task that waited for its worker, or was worked on, until its deadline. */
export function expired(): ThenarError {
  return new ThenarError('deadline_exceeded', 'The palm task did not finish in time.');
}
