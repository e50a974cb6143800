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
