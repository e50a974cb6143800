/** What the matcher takes of the machine it runs on. */
import { availableParallelism, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { limits } from '../limits.ts';
import type { WorkerSettings } from './tasks.ts';

/** One core is left for the main thread; a machine with a single core shares it. */
export function defaultWorkers(cores: number = availableParallelism()): number {
  return Math.max(1, cores - 1);
}

/** Bytes that this process may have: the container's, where there is one. */
export function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** What a worker is told at its start. */
export function workerSettings(dataDir: string, flatMax: number = limits.flat_max): WorkerSettings {
  return { scratchOwner: resolve(dataDir), flatMax };
}
