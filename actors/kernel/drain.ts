import { unavailable } from './ask.ts';
import type { Cell } from './cell.ts';
import type { Kernel, Kind } from './context.ts';
import { remove } from './lifecycle.ts';
import { lags } from './snapshots.ts';

/** How often a drain looks whether the actors have finished. */
const LOOK_MS = 5;

/**
 * Takes no more messages, lets mailboxes and effects finish, writes what snapshots lag, stops everything. What is
 * not finished at the deadline (`Clock.monotonic()` milliseconds) is answered `unavailable`.
 */
export async function drain(
  kernel: Kernel,
  kinds: ReadonlyMap<string, Kind>,
  deadline: number,
): Promise<void> {
  if (kernel.closing) return;
  kernel.closing = true;
  const left = (): number => deadline - kernel.clock.monotonic();
  while (left() > 0 && some(kinds, busy)) await pause(kernel, Math.min(LOOK_MS, left()));
  for (const cell of all(kinds)) if (lags(cell)) kernel.snapshots.changed(cell);
  while (left() > 0 && !kernel.snapshots.idle) await pause(kernel, Math.min(LOOK_MS, left()));
  for (const cell of [...all(kinds)]) remove(cell, 'stopped', unavailable('The engine is shutting down.'));
  kernel.timers.close();
  kernel.turns.close();
}

const pause = (kernel: Kernel, ms: number): Promise<void> =>
  new Promise((resolve) => {
    kernel.clock.after(ms, resolve);
  });

function* all(kinds: ReadonlyMap<string, Kind>): Generator<Cell> {
  for (const kind of kinds.values()) yield* kind.cells.values();
}

function some(kinds: ReadonlyMap<string, Kind>, holds: (cell: Cell) => boolean): boolean {
  for (const cell of all(kinds)) if (holds(cell)) return true;
  return false;
}

function busy(cell: Cell): boolean {
  if (cell.phase === 'stopped' || cell.phase === 'refusing') return false;
  return cell.depth > 0 || cell.effects > 0;
}
