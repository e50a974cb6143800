import { ThenarError } from '../errors.ts';
import { SHARD_FORMAT, type ShardHeader } from '../index/file.ts';
import { palmModel } from '../palm/model.ts';
import type { Clock, Random } from '../ports.ts';
import type { ShardFiles } from './shard_files.ts';

export interface SavedFile {
  readonly generation: string;
  readonly position: number;
  /** Epoch milliseconds. */
  readonly savedAt: number;
}

export interface SaverOptions {
  readonly tenantId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly files: ShardFiles;
  readonly intervalMs: number;
  /** Whether the tenant's file is another shard's still: changes are counted, and nothing is written. */
  readonly held: () => boolean;
  /** Has the worker write the file; resolves with the log position it covers. */
  readonly write: (path: string, key: Uint8Array, header: Omit<ShardHeader, 'position'>) => Promise<number>;
}

/** Decides when a shard's file is written, and makes each durable before it counts. One write at a time. */
export class Saver {
  readonly #options: SaverOptions;
  #file: SavedFile | null = null;
  #changes = 0;
  #failing = false;
  #cancelTimer: (() => void) | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(options: SaverOptions) {
    this.#options = options;
  }

  /** The file on disk, as far as known. */
  get file(): SavedFile | null {
    return this.#file;
  }

  /** Changes that the file does not have. */
  get changes(): number {
    return this.#changes;
  }

  /** Whether the last write failed: the shard is in memory and in the log, and its file is behind. */
  get failing(): boolean {
    return this.#failing && this.#changes > 0;
  }

  /** Whether so much changed that a file is due now. */
  isDue(changes: number): boolean {
    // After a failure the timer tries again: a full disk is not made any emptier by trying at each change.
    return this.#changes >= changes && !this.failing && !this.#options.held();
  }

  /** A shard was loaded from this file, or from none. */
  loaded(file: SavedFile | null): void {
    this.#file = file;
    this.#changes = 0;
  }

  /** Notes changes; a file follows at the latest an interval after the first of them. */
  changed(count: number): void {
    this.#changes += count;
    if (this.#options.held()) return;
    this.#cancelTimer ??= this.#options.clock.after(this.#options.intervalMs, () => {
      this.#cancelTimer = null;
      // A failure is met again after another interval.
      if (this.#changes > 0) this.save(0).catch(() => this.changed(0));
    });
  }

  stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /** No file is written after this by itself; resolves when none is being written. */
  async stop(): Promise<void> {
    this.stopTimer();
    await this.#last;
    this.stopTimer();
  }

  /** Writes a file unless the one on disk covers `position` already; 0 asks for one in any case. */
  save(position: number): Promise<void> {
    const next = this.#last.then(async () => {
      if (position > 0 && this.#file !== null && this.#file.position >= position) return;
      await this.#write();
    });
    this.#last = next.catch(() => {});
    return next;
  }

  async #write(): Promise<void> {
    const { tenantId, clock, random, files } = this.#options;
    const changes = this.#changes;
    const generation = random.uuid();
    const replaces = this.#file?.generation ?? null;
    try {
      const key = await files.newKey(tenantId, generation);
      const header = { format: SHARD_FORMAT, model: palmModel, tenantId, generation, replaces };
      const position = await this.#options.write(files.temporaryPath(tenantId, generation), key, header);
      await files.promote(tenantId, generation, replaces);
      this.#file = { generation, position, savedAt: clock.now() };
      this.#changes = Math.max(0, this.#changes - changes);
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      await files.abandon(tenantId, generation).catch(() => {});
      throw error;
    }
  }
}

/** Why a file was not written, for the log; whoever asked for it tries again. */
export function unsavedError(reason: string): ThenarError {
  return new ThenarError('unavailable', `The shard file could not be written: ${reason}.`);
}
