/**
 * Validators and serialisers are code made from schemas, a few milliseconds each. There are hundreds, so a start does
 * not wait for them: each is made at its first use, or in the first seconds after the start.
 */
import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';

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
 * Compiles what nobody has called yet, one at a time with pauses: the first calls after a start come just then.
 * @throws Error for a schema that does not compile
 */
export async function compileWaiting(clock: Pick<Clock, 'after'>): Promise<void> {
  for (const ready of waiting) {
    await new Promise<void>((resolve) => clock.after(limits.compile_pause_ms, resolve));
    ready();
  }
}
