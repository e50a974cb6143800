/** Which failures a kill explains. Everything else is a finding. */
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '../../transport/client/error.ts';
import { ScannerError } from '../scanner/pair.ts';

/** Codes of an engine that cannot say whether it did what it was asked. */
const unsure = new Set([
  'closed',
  'timeout',
  'unavailable',
  'storage_unavailable',
  'engine_busy',
  'busy',
  'deadline_exceeded',
]);

/** True when the engine was gone, went, or had lost a server it needs, so that the caller must ask again. */
export function wasCut(error: unknown): boolean {
  if (error instanceof ScannerError) return unsure.has(error.code);
  if (error instanceof ApiError) return error.status === 503;
  // fetch says no more than this of a connection that failed; the cause tells which.
  return error instanceof TypeError && /fetch failed|terminated/.test(error.message);
}

/** Between two looks at an engine that is up while a server of its is not. */
const AGAIN_MS = 50;

/** Does something that may be repeated, until no kill comes in between. */
export async function persist<T>(up: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  for (;;) {
    await up();
    try {
      return await work();
    } catch (error) {
      if (!wasCut(error)) throw error;
      await pause(AGAIN_MS);
    }
  }
}

/**
 * Does something once. After a kill in the middle of it, what is there decides whether it was done.
 * @param done what it would have made, or null when it is not there
 */
export async function once<T>(
  up: () => Promise<unknown>,
  work: () => Promise<T>,
  done: () => Promise<T | null>,
): Promise<T> {
  for (;;) {
    await up();
    try {
      return await work();
    } catch (error) {
      if (!wasCut(error)) throw error;
      await pause(AGAIN_MS);
      const found = await persist(up, done);
      if (found !== null) return found;
    }
  }
}
