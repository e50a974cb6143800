import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { IndexedTemplate } from '../ports.ts';

/** Reads committed entries after a position, in order, decrypted; fewer than `limit` means that these are all. */
export type LogAfter = (position: number, limit: number) => Promise<IndexedTemplate[]>;

interface Waiter {
  readonly position: number;
  resolve(): void;
  reject(error: unknown): void;
}

export interface FeedOptions {
  readonly log: LogAfter;
  /** Gives a contiguous run to the shard; resolves with the position reached. */
  readonly append: (entries: readonly IndexedTemplate[]) => Promise<number>;
}

/**
 * Brings one shard up to the log. Commits announce their entries; what was not announced, or not kept, is read from
 * the log, so nothing depends on an announcement arriving.
 */
export class Feed {
  readonly #options: FeedOptions;
  readonly #inbox = new Map<number, IndexedTemplate>();
  #applied = 0;
  #known = 0;
  #running = false;
  #active = false;
  #waiters: Waiter[] = [];

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Position that the shard has reached. */
  get applied(): number {
    return this.#applied;
  }

  /** The last position that is known to be committed. */
  get known(): number {
    return this.#known;
  }

  /** Entries known to be committed and not yet in the shard. */
  get lag(): number {
    return Math.max(0, this.#known - this.#applied);
  }

  /** Starts from a loaded shard and reads the log to its end. */
  async start(position: number): Promise<void> {
    this.#applied = position;
    this.#active = true;
    this.#running = true;
    try {
      for (;;) {
        const page = await this.#options.log(this.#applied, limits.read_page_max);
        if (page.length > 0) await this.#append(page);
        if (page.length < limits.read_page_max) break;
      }
    } finally {
      this.#running = false;
    }
    void this.#run();
  }

  /** The shard is gone; waiters are told, announcements are kept for the next start. */
  stop(error: ThenarError): void {
    this.#active = false;
    this.#rejectWaiters(error);
  }

  /** Takes committed entries in any order. */
  announce(entries: readonly IndexedTemplate[]): void {
    for (const entry of entries) {
      this.#known = Math.max(this.#known, entry.position);
      if (entry.position > this.#applied && this.#inbox.size < limits.shard_inbox_max) {
        this.#inbox.set(entry.position, entry);
      }
    }
    void this.#run();
  }

  /** Resolves once the shard has reached `position`, which must be committed. */
  reach(position: number): Promise<void> {
    if (this.#applied >= position) return Promise.resolve();
    this.#known = Math.max(this.#known, position);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ position, resolve, reject });
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#running || !this.#active) return;
    this.#running = true;
    try {
      while (this.#active && this.#applied < this.#known) {
        let next = this.#takeRun();
        if (next.length === 0) {
          next = await this.#options.log(this.#applied, limits.read_page_max);
        }
        if (next.length === 0) throw new ThenarError('unavailable', 'The palm log does not have this entry.');
        await this.#append(next);
      }
    } catch (error) {
      this.#rejectWaiters(error);
    } finally {
      this.#running = false;
    }
  }

  async #append(entries: readonly IndexedTemplate[]): Promise<void> {
    const reached = await this.#options.append(entries);
    this.#applied = Math.max(this.#applied, reached);
    this.#known = Math.max(this.#known, this.#applied);
    for (const position of this.#inbox.keys()) if (position <= this.#applied) this.#inbox.delete(position);
    const waiting = this.#waiters;
    this.#waiters = waiting.filter((waiter) => waiter.position > this.#applied);
    for (const waiter of waiting) if (waiter.position <= this.#applied) waiter.resolve();
  }

  /** The announced entries that follow what the shard has, without a gap. */
  #takeRun(): IndexedTemplate[] {
    const run: IndexedTemplate[] = [];
    for (let position = this.#applied + 1; run.length < limits.read_page_max; position++) {
      const entry = this.#inbox.get(position);
      if (entry === undefined) break;
      run.push(entry);
    }
    return run;
  }

  #rejectWaiters(error: unknown): void {
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) waiter.reject(error);
  }
}
