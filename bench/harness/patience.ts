import { setTimeout as pause } from 'node:timers/promises';
import { limits } from '../../engine/limits.ts';
import { ScannerError } from '../scanner/pair.ts';

/** Asks again when the engine is busy, as scanners do: a closed loop that offers all it can is meant to be told so. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ScannerError && error.code === 'engine_busy')) throw error;
      await pause(limits.call_refused_retry_ms);
    }
  }
}
