/** What one idle connected scanner costs a server in resident memory. */
import { setTimeout as pause } from 'node:timers/promises';
import { residentBytes } from '../harness/process.ts';
import { collect, type Inspected } from './collect.ts';
import type { Generator } from './stage.ts';

/** Scanners connected before the first weighing, so that code, pools and tables are there. */
const WARM = 50;
/** What a connection leaves to be done (commits, snapshots) is over by then. */
const SETTLE_MS = 1_000;

export interface Weighed {
  /** KiB by which one scanner raised the resident memory, after a collection at either end. */
  readonly perScanner: number;
  /** Scanners connected, and MiB resident. */
  readonly curve: readonly (readonly [number, number])[];
}

/** Fills a server that has just started, step by step; leaves it with all connected. */
export async function weigh(
  server: { readonly pid: number; readonly url: string; readonly inspected: Inspected },
  generator: Generator,
  { scanners, steps }: { scanners: number; steps: number },
): Promise<Weighed> {
  const curve: [number, number][] = [];
  const warm = Math.min(WARM, Math.ceil(scanners / 4));
  for (let step = 0; step <= steps; step += 1) {
    const count = warm + Math.round(((scanners - warm) * step) / steps);
    await generator.connect(server.url, { count, atOnce: 64, resume: false });
    await pause(SETTLE_MS);
    await collect(server.pid, server.inspected);
    curve.push([count, residentBytes(server.pid) / 2 ** 20]);
  }
  const [first, last] = [curve[0]!, curve.at(-1)!];
  return { perScanner: ((last[1] - first[1]) * 1024) / (last[0] - first[0]), curve };
}
