/** What a process that is being attacked may not show afterwards: memory that stays, and prototypes that have changed. */
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Memory {
  /** Bytes of live objects on the JavaScript heap, after collection. */
  readonly heap: number;
  /** Bytes that live objects hold outside of it. */
  readonly external: number;
}

/** V8 hands its collector out to a context that is made after the flag is set. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** Work that a request leaves behind (writes that are put together, timers) has ended by then. */
const SETTLE_MS = 3_000;
const READINGS = 5;

/** The median of several readings, each after a collection. */
export async function readMemory(settleMs: number = SETTLE_MS): Promise<Memory> {
  const collect = collector();
  await pause(settleMs);
  const readings: Memory[] = [];
  for (let reading = 0; reading < READINGS; reading += 1) {
    collect();
    await pause(20);
    collect();
    const { heapUsed, external } = process.memoryUsage();
    readings.push({ heap: heapUsed, external });
  }
  const sorted = readings.sort((a, b) => a.heap + a.external - b.heap - b.external);
  return sorted[Math.floor(READINGS / 2)] ?? { heap: 0, external: 0 };
}

const prototypes = { Object, Array, Function, String, Number, Map, Promise, Uint8Array, Buffer } as const;

/** Every property of the prototypes that everything inherits from, by name. */
export function prototypeNames(): readonly string[] {
  return Object.entries(prototypes).flatMap(([name, of]) =>
    Reflect.ownKeys(of.prototype as object).map((key) => `${name}.${String(key)}`),
  );
}
