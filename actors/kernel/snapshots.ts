import { unavailable } from './ask.ts';
import type { Cell } from './cell.ts';
import type { Kernel, Kind } from './context.ts';

/** The key of an actor's snapshot, and its address in inspection. */
export const addressOf = (kind: Kind, key: string): string => `${kind.name}/${key}`;

/** True when the state is newer than what the store is known to hold. */
export const lags = (cell: Cell): boolean => cell.kind.versioned && cell.version > cell.stored;

/**
 * Writes snapshots behind the actors' backs: changes within the coalescing time are one write, one write a key is
 * under way, and handling never waits. A failed write is counted and comes again with the next change, or when the
 * actor leaves memory: a snapshot is a cache, so nothing depends on it.
 */
export class SnapshotWriter {
  readonly #dirty = new Set<Cell>();
  #kernel: Kernel | null = null;
  #armed = false;
  #due = false;
  #inFlight = 0;

  attach(kernel: Kernel): void {
    this.#kernel = kernel;
  }

  /** Nothing waits to be written and nothing is being written. */
  get idle(): boolean {
    return this.#dirty.size === 0 && this.#inFlight === 0;
  }

  changed(cell: Cell): void {
    this.#dirty.add(cell);
    if (this.#armed || this.#due) return;
    this.#armed = true;
    const kernel = this.#kernel!;
    kernel.timers.after(kernel.bounds.snapshot_coalesce_ms, () => {
      this.#armed = false;
      this.#due = true;
      this.#pump();
    });
  }

  forget(cell: Cell): void {
    this.#dirty.delete(cell);
  }

  /** Resolves once no write of this actor is under way; true when the store has its current state. */
  async flush(cell: Cell): Promise<boolean> {
    if (cell.writing !== null) await cell.writing;
    if (!inMemory(cell)) return false;
    if (!lags(cell)) return cell.kind.versioned;
    if (cell.writing !== null) return cell.writing;
    return this.#write(cell);
  }

  #pump(): void {
    const { bounds } = this.#kernel!;
    for (const cell of this.#dirty) {
      if (this.#inFlight >= bounds.snapshot_writes_in_flight_max) return;
      this.#dirty.delete(cell);
      // One under way looks for newer changes itself when it ends.
      if (cell.writing === null && lags(cell) && inMemory(cell)) this.#write(cell);
    }
    this.#due = false;
  }

  #write(cell: Cell): Promise<boolean> {
    const kernel = this.#kernel!;
    this.#inFlight += 1;
    const { version } = cell;
    cell.writing = this.#put(cell, version).then(
      () => this.#written(cell, version, null),
      (error: unknown) => this.#written(cell, version, error ?? new Error('unknown')),
    );
    kernel.snapshots.forget(cell);
    return cell.writing;
  }

  async #put(cell: Cell, version: number): Promise<void> {
    const { kernel, behaviour } = cell.kind;
    const state = behaviour.snapshotState!(cell.state);
    const put = kernel.store.put(addressOf(cell.kind, cell.key), version, state);
    await kernel.timers.within(kernel.bounds.snapshot_write_timeout_ms, put, () =>
      unavailable('The snapshot store does not answer.'),
    );
  }

  #written(cell: Cell, version: number, error: unknown): boolean {
    const kernel = this.#kernel!;
    cell.writing = null;
    this.#inFlight -= 1;
    if (error === null) {
      kernel.counters.snapshots_written += 1;
      cell.stored = Math.max(cell.stored, version);
    } else {
      kernel.counters.snapshot_failures += 1;
      kernel.log('warn', 'a snapshot could not be written', {
        address: addressOf(cell.kind, cell.key),
        error,
      });
    }
    if (cell.version > version && inMemory(cell)) this.changed(cell);
    if (this.#due) this.#pump();
    return error === null;
  }
}

const inMemory = (cell: Cell): boolean => cell.phase === 'live' || cell.phase === 'passivating';
