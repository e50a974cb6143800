import type { Cell } from './cell.ts';
import type { Kernel, Kind } from './context.ts';
import { lags } from './snapshots.ts';
import type { KernelSurvey, KindSurvey } from './types.ts';

interface Found {
  waiting: number;
  deepest: number;
  oldestAgeMs: number;
  lagging: number;
  lagMax: number;
}

/**
 * Looks at every actor once, a bounded number an event-loop turn: a scrape of a hundred thousand actors holds nobody
 * up. Actors that come and go meanwhile are in it or not.
 */
export async function survey(kernel: Kernel, kinds: Iterable<Kind>): Promise<KernelSurvey> {
  const now = kernel.clock.monotonic();
  const surveyed: KindSurvey[] = [];
  let looked = 0;
  for (const kind of kinds) {
    const found: Found = { waiting: 0, deepest: 0, oldestAgeMs: 0, lagging: 0, lagMax: 0 };
    for (const cell of kind.cells.values()) {
      look(cell, now, found);
      looked += 1;
      if (looked % kernel.bounds.actors_looked_at_max === 0) await turn(kernel);
    }
    const { name, cells, failures, restarts, activations } = kind;
    surveyed.push({ name, live: cells.size, failures, restarts, activations, ...found });
  }
  const { counters, deadLetters } = kernel;
  return { kinds: surveyed, counters: { ...counters }, deadLetters: { ...deadLetters.byReason } };
}

function look(cell: Cell, now: number, found: Found): void {
  if (cell.head !== null) {
    found.waiting += cell.depth;
    found.deepest = Math.max(found.deepest, cell.depth);
    found.oldestAgeMs = Math.max(found.oldestAgeMs, now - cell.head.at);
  }
  if (lags(cell)) {
    found.lagging += 1;
    found.lagMax = Math.max(found.lagMax, cell.version - Math.max(cell.stored, 0));
  }
}

/** Lets everybody else have their turn. */
export const turn = (kernel: Kernel): Promise<void> =>
  new Promise((resolve) => {
    kernel.clock.after(0, resolve);
  });
