import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { IndexedTemplate, ShardStatus, Span } from '../ports.ts';
import { noSpan } from '../trace/spans.ts';
import { within } from './deadline.ts';
import { Feed } from './feed.ts';
import { Loader } from './loader.ts';
import { Saver, unsavedError } from './saver.ts';
import type { ShardPorts, TenantShardOptions } from './shard_ports.ts';
import type { StepReport, TaskBodies, TaskType, TaskValues } from './tasks.ts';
import { Tending } from './tending.ts';
import { WorkerCopy } from './worker_copy.ts';

type State = 'closed' | 'loading' | 'ready';

/**
 * The main thread's side of one tenant's shard: loads it when it is first needed and again when its worker died,
 * feeds it the log, builds its graph when the worker is idle, and writes its file.
 */
export class TenantShard {
  readonly tenantId: string;
  readonly #options: TenantShardOptions;
  readonly #copy: WorkerCopy;
  readonly #ports: ShardPorts;
  readonly #feed: Feed;
  #state: State = 'closed';
  /** Raised whenever the worker's copy is gone, so that what was begun with the old one notices. */
  #epoch = 0;
  #loading: Promise<void> | null = null;
  #waiting = 0;
  readonly #saver: Saver;
  readonly #tending: Tending;
  #retired = false;
  readonly #loader: Loader;
  /** See `TenantShardOptions`; while it is set, the tenant's file is another shard's. */
  #wanted: string | null;
  /** Id of what its vectors are under; null until it is loaded. */
  #protection: string | null = null;

  constructor(options: TenantShardOptions) {
    const { tenantId, lane, ports } = options;
    this.#options = options;
    this.#wanted = options.wanted;
    this.tenantId = tenantId;
    const { clock } = ports;
    const epoch = () => this.#epoch;
    const lost = (asked: number) => this.lost(asked);
    this.#copy = new WorkerCopy({ tenantId, copy: options.copy, lane, clock, epoch, lost });
    this.#ports = ports;
    this.#feed = new Feed({
      log: (position, limit) => ports.log(tenantId, position, limit, this.#protection ?? ''),
      append: (entries) => this.#append(entries),
    });
    this.#saver = new Saver({
      tenantId,
      clock,
      random: ports.random,
      files: ports.files,
      intervalMs: ports.saveIntervalMs,
      held: () => this.#wanted !== null,
      write: (path, key, header) => this.#write(path, key, header),
    });
    const read = (path: string, key: Uint8Array) => this.#readFile(path, key);
    this.#loader = new Loader({ tenantId, files: ports.files, read, epoch });
    this.#tending = new Tending({
      clock,
      saver: this.#saver,
      saveChanges: ports.saveChanges,
      isReady: () => this.#state === 'ready',
      build: () => this.#copy.internal('step', { job: 'build' }, 'background'),
      sampleRecall: () => this.#copy.internal('recall', {}, 'background'),
    });
  }

  get isDirty(): boolean {
    return this.#state === 'ready' && this.#saver.changes > 0;
  }

  /** The last try to write the file failed; matching goes on from memory. */
  get isUnsaved(): boolean {
    return this.#saver.failing;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Id of the protection that it is made for, ahead of the exchange. */
  get wanted(): string | null {
    return this.#wanted;
  }

  /** Id of the protection that what it holds is under; null when it holds nothing. */
  get protection(): string | null {
    return this.#protection;
  }

  /** The last position of the log that it knows of. */
  get known(): number {
    return this.#feed.known;
  }

  /**
   * Resolves when the shard can answer.
   * @throws ThenarError `engine_busy` when too many wait, `deadline_exceeded`, `unavailable`
   */
  async ready(deadline: number): Promise<void> {
    if (this.#state === 'ready') return;
    if (this.#retired)
      throw new ThenarError('unavailable', 'The palm index was replaced.', { retryAfterMs: 0 });
    if (this.#waiting >= limits.shard_waiters_max) {
      throw new ThenarError('engine_busy', 'The palm index is being loaded.', { retryAfterMs: 1_000 });
    }
    this.#waiting += 1;
    try {
      this.#loading ??= this.#load().finally(() => {
        this.#loading = null;
      });
      await within(this.#ports.clock, deadline, this.#loading);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Asks the worker, loading the shard first when it is not there. */
  ask<T extends TaskType>(
    type: T,
    body: TaskBodies[T],
    deadline: number,
    span: Span = noSpan,
  ): Promise<TaskValues[T]> {
    return this.#copy.using(async () => {
      for (;;) {
        await this.ready(deadline);
        const epoch = this.#epoch;
        const outcome = await this.#copy.run(type, body, deadline, 'request', span);
        if (outcome.status === 'done') return outcome.value;
        if (outcome.status === 'failed') throw new ThenarError(outcome.code, outcome.message);
        this.lost(epoch);
      }
    });
  }

  /** Resolves when the entries are in the shard, or at once when it is not loaded: loading reads the log. */
  async apply(entries: readonly IndexedTemplate[]): Promise<void> {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#feed.announce(entries);
    // A shard that fails here is loaded again from the log, so the commit that announced is not at fault.
    if (this.#state === 'ready')
      await this.#copy.using(() => this.#feed.reach(last.position)).catch(() => {});
  }

  reach(position: number, deadline: number): Promise<void> {
    return this.#copy.using(async () => {
      await this.ready(deadline);
      await within(this.#ports.clock, deadline, this.#feed.reach(position));
    });
  }

  /** See `Unloadable`. Between the look and the leave nothing is awaited, so that no request comes in between. */
  async unload(): Promise<boolean> {
    if (this.#copy.uses > 0 || this.#wanted !== null) return false;
    await this.flush();
    if (this.#copy.uses > 0 || this.#state !== 'ready' || this.isDirty || this.#feed.lag > 0) return false;
    this.lost();
    await this.#copy.close();
    return true;
  }

  /** Resolves when a file that covers `position` is on disk. */
  async rewrite(position: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.reach(position, this.#copy.patience());
        await this.#saver.save(position);
        return;
      } catch (error) {
        if (attempt >= limits.shard_save_attempts) throw error;
      }
    }
  }

  /** The worker's copy is gone. @param epoch the copy that was asked; a later one may be fine */
  lost(epoch: number = this.#epoch): void {
    if (epoch !== this.#epoch) return;
    this.#epoch += 1;
    this.#state = 'closed';
    this.#protection = null;
    this.#tending.reset();
    this.#options.sized(this, 0);
    this.#feed.stop(
      new ThenarError('unavailable', 'The palm index is being reloaded.', { retryAfterMs: 1_000 }),
    );
  }

  async status(): Promise<ShardStatus> {
    const { clock } = this.#ports;
    const { file } = this.#saver;
    const known = {
      tenantId: this.tenantId,
      worker: this.#options.worker,
      position: this.#feed.applied,
      replayLag: this.#feed.lag,
      filePosition: file?.position ?? null,
      fileAgeMs: file === null ? null : clock.now() - file.savedAt,
      recallSample: this.#tending.recall,
    };
    const outcome =
      this.#state === 'ready' ? await this.#copy.internal('status', {}).catch(() => null) : null;
    return outcome === null
      ? { ...known, templates: 0, palms: 0, bytes: 0, mode: 'loading' }
      : { ...known, ...outcome, position: known.position };
  }

  /** Gives the worker's copy up, once no file of it is being written. */
  async close(): Promise<void> {
    await this.#loading?.catch(() => {});
    await this.#saver.stop();
    this.lost();
    await this.#copy.close();
  }

  /** Another one answers in its place: what was asked of it ends, then it leaves its worker. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.#copy.unused();
    await this.close();
  }

  /** Loaded, and its graph built: as good as it will be. */
  async complete(): Promise<void> {
    await this.#copy.using(async () => {
      await this.ready(Number.POSITIVE_INFINITY);
      await this.#copy.work('build', 'background');
    });
  }

  /** The tenant's protection is the one it was made for, and the file is its own to write. */
  takeOver(): void {
    this.#wanted = null;
    this.#saver.changed(1);
    this.#tending.tend(true);
  }

  /** Writes the file when something changed since the last one; used when the engine stops. */
  async flush(): Promise<void> {
    this.#saver.stopTimer();
    if (this.isDirty) await this.#saver.save(0);
  }

  async #load(): Promise<void> {
    const epoch = this.#epoch;
    this.#state = 'loading';
    try {
      const { id, key } = await this.#ports.protectionOf(this.tenantId, this.#wanted);
      this.#protection = id;
      const { bytes } = await this.#copy.internal('open', { rotationKey: key });
      this.#options.sized(this, bytes);
      const { file, position } =
        this.#wanted === null ? await this.#loader.load() : { file: null, position: 0 };
      this.#saver.loaded(file);
      await this.#feed.start(position);
      if (epoch !== this.#epoch) throw new ThenarError('unavailable', 'The palm worker died.');
      this.#state = 'ready';
      // A graph cut short by the last stop, or missing, shows only when the worker is asked.
      this.#tending.tend(true);
    } catch (error) {
      if (epoch === this.#epoch) this.lost(epoch);
      throw error;
    }
  }

  async #readFile(path: string, key: Uint8Array): Promise<StepReport> {
    await this.#copy.internal('load', { path, key });
    const report = await this.#copy.work('load', 'internal');
    this.#options.sized(this, report.bytes);
    return report;
  }

  async #append(entries: readonly IndexedTemplate[]): Promise<number> {
    const { position, needsBuild, bytes } = await this.#copy.internal('append', { entries });
    this.#options.sized(this, bytes);
    this.#saver.changed(entries.length);
    this.#tending.tend(needsBuild);
    return position;
  }

  async #write(path: string, key: Uint8Array, header: TaskBodies['save']['header']): Promise<number> {
    const epoch = this.#epoch;
    if (this.#state === 'ready') {
      await this.#copy.internal('save', { path, key, header });
      const report = await this.#copy.work('save', 'background');
      if (report.state === 'done' && epoch === this.#epoch) return report.position;
      if (report.reason !== undefined) throw unsavedError(report.reason);
    }
    throw unsavedError('its worker was replaced');
  }
}
