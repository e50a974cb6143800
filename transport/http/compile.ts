/**
 * Validators and serialisers are code made from schemas, a few milliseconds each. There are hundreds, so a start does
 * not wait for them: each is made at its first use, or before that in a quiet moment after the start.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

const waiting = new Set<() => unknown>();

/** A function that is compiled when it is first called. */
export function compiledLater<A, R>(compile: () => (value: A) => R): (value: A) => R {
  let compiled: ((value: A) => R) | null = null;
  function ready(): (value: A) => R {
    waiting.delete(ready);
    compiled ??= compile();
    return compiled;
  }
  waiting.add(ready);
  return (value) => (compiled ?? ready())(value);
}

/**
 * Compiles what nobody has called yet, one a turn of the event loop, so that no request waits for more than one.
 * @throws Error for a schema that does not compile
 */
export async function compileWaiting(): Promise<void> {
  for (const ready of waiting) {
    await nextTurn();
    ready();
  }
}
