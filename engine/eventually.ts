/**
 * What is in memory is there at once; what must be read comes later. Passing the first on as a promise would cost a
 * turn of the microtask queue at every hand it goes through, and a request that needs nothing but memory would be
 * answered after all others that arrived with it.
 */
export type Eventually<T> = T | Promise<T>;

/** `next` of the value, at once when it is there. What either throws is thrown, or rejects when it came later. */
export function then<T, R>(value: Eventually<T>, next: (value: T) => Eventually<R>): Eventually<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
