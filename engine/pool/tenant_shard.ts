import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { IndexedTemplate, ShardStatus, Span } from '../ports.ts';
import { noSpan } from '../trace/spans.ts';
import { within } from './deadline.ts';
import { Feed } from './feed.ts';
import type { Lane, Priority } from './lane.ts';
import { Loader } from './loader.ts';
import { Saver, unsavedError } from './saver.ts';
import type { ShardPorts, Sized } from './shard_ports.ts';
import type { Job, StepReport, TaskBodies, TaskOf, TaskType, TaskValues } from './tasks.ts';
import { Tending } from './tending.ts';

type State = 'closed' | 'loading' | 'ready';

/**
 * The main thread's side of one tenant's shard: loads it when it is first needed and again when its worker died,
 * feeds it the log, builds its graph when the worker is idle, and writes its file.
 */
export class TenantShard {
  readonly tenantId: string;
  readonly #worker: number;
  readonly #lane: Lane;
  readonly #ports: ShardPorts;
  readonly #feed: Feed;
  #state: State = 'closed';
  /** Raised whenever the worker's copy is gone, so that what was begun with the old one notices. */
  #epoch = 0;
  #loading: Promise<void> | null = null;
  #waiting = 0;
  readonly #saver: Saver;
  readonly #tending: Tending;
  /** Calls under way that need it loaded. */
  #uses = 0;
  readonly #sized: Sized;
  readonly #loader: Loader;

  constructor(tenantId: string, worker: number, lane: Lane, ports: ShardPorts, sized: Sized) {
    this.#sized = sized;
    this.tenantId = tenantId;
    this.#worker = worker;
    this.#lane = lane;
    this.#ports = ports;
    this.#feed = new Feed({ tenantId, log: ports.log, append: (entries) => this.#append(entries) });
    this.#saver = new Saver({
      tenantId,
      clock: ports.clock,
      random: ports.random,
      files: ports.files,
      intervalMs: ports.saveIntervalMs,
      write: (path, key, header) => this.#write(path, key, header),
    });
    this.#loader = new Loader({
      tenantId,
      files: ports.files,
      read: (path, key) => this.#readFile(path, key),
      epoch: () => this.#epoch,
    });
    this.#tending = new Tending({
      clock: ports.clock,
      saver: this.#saver,
      saveChanges: ports.saveChanges,
      isReady: () => this.#state === 'ready',
      build: () => this.#internal('step', { job: 'build' }, 'background'),
      sampleRecall: () => this.#internal('recall', {}, 'background'),
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

  /**
   * Resolves when the shard can answer.
   * @throws ThenarError `engine_busy` when too many wait, `deadline_exceeded`, `unavailable`
   */
  async ready(deadline: number): Promise<void> {
    if (this.#state === 'ready') return;
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
    return this.#using(async () => {
      for (;;) {
        await this.ready(deadline);
        const epoch = this.#epoch;
        const outcome = await this.#lane.run(this.#task(type, body), deadline, 'request', span);
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
    if (this.#state === 'ready') await this.#using(() => this.#feed.reach(last.position)).catch(() => {});
  }

  reach(position: number, deadline: number): Promise<void> {
    return this.#using(async () => {
      await this.ready(deadline);
      await within(this.#ports.clock, deadline, this.#feed.reach(position));
    });
  }

  /** Runs what needs the shard; it does not leave memory meanwhile. */
  async #using<T>(work: () => Promise<T>): Promise<T> {
    this.#uses += 1;
    try {
      return await work();
    } finally {
      this.#uses -= 1;
    }
  }

  /** See `Unloadable`. Between the look and the leave nothing is awaited, so that no request comes in between. */
  async unload(): Promise<boolean> {
    if (this.#uses > 0) return false;
    await this.flush();
    if (this.#uses > 0 || this.#state !== 'ready' || this.isDirty || this.#feed.lag > 0) return false;
    this.lost();
    await this.#lane.run(this.#task('close', {}), this.#patience(), 'internal');
    return true;
  }

  /** Resolves when a file that covers `position` is on disk. */
  async rewrite(position: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.reach(position, this.#patience());
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
    this.#tending.reset();
    this.#sized(this, 0);
    this.#feed.stop(
      new ThenarError('unavailable', 'The palm index is being reloaded.', { retryAfterMs: 1_000 }),
    );
  }

  async status(): Promise<ShardStatus> {
    const { clock } = this.#ports;
    const { file } = this.#saver;
    const known = {
      tenantId: this.tenantId,
      worker: this.#worker,
      position: this.#feed.applied,
      replayLag: this.#feed.lag,
      filePosition: file?.position ?? null,
      fileAgeMs: file === null ? null : clock.now() - file.savedAt,
      recallSample: this.#tending.recall,
    };
    const outcome = this.#state === 'ready' ? await this.#internal('status', {}).catch(() => null) : null;
    return outcome === null
      ? { ...known, templates: 0, palms: 0, bytes: 0, mode: 'loading' }
      : { ...known, ...outcome, position: known.position };
  }

  /** Gives the worker's copy up, once no file of it is being written. */
  async close(): Promise<void> {
    await this.#loading?.catch(() => {});
    await this.#saver.stop();
    this.lost();
    // A worker that does not hold it says so, which is as good.
    await this.#lane.run(this.#task('close', {}), this.#patience(), 'internal');
  }

  /** Writes the file when something changed since the last one; used when the engine stops. */
  async flush(): Promise<void> {
    this.#saver.stopTimer();
    if (this.isDirty) await this.#saver.save(0);
  }

  // --- Loading ------------------------------------------------------------------------------------------

  async #load(): Promise<void> {
    const { tenantRotationKey } = this.#ports;
    const epoch = this.#epoch;
    this.#state = 'loading';
    try {
      const rotationKey = await tenantRotationKey(this.tenantId);
      const { bytes } = await this.#internal('open', { rotationKey });
      this.#sized(this, bytes);
      const { file, position } = await this.#loader.load();
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
    await this.#internal('load', { path, key });
    const report = await this.#work('load', 'internal');
    this.#sized(this, report.bytes);
    return report;
  }

  async #append(entries: readonly IndexedTemplate[]): Promise<number> {
    const { position, needsBuild, bytes } = await this.#internal('append', { entries });
    this.#sized(this, bytes);
    this.#saver.changed(entries.length);
    this.#tending.tend(needsBuild);
    return position;
  }

  async #write(path: string, key: Uint8Array, header: TaskBodies['save']['header']): Promise<number> {
    const epoch = this.#epoch;
    if (this.#state === 'ready') {
      await this.#internal('save', { path, key, header });
      const report = await this.#work('save', 'background');
      if (report.state === 'done' && epoch === this.#epoch) return report.position;
      if (report.reason !== undefined) throw unsavedError(report.reason);
    }
    throw unsavedError('its worker was replaced');
  }

  /** Carries a job to its end. */
  async #work(job: Job, priority: Priority): Promise<StepReport> {
    for (;;) {
      const report = await this.#internal('step', { job }, priority);
      if (report.state !== 'more') return report;
    }
  }

  async #internal<T extends TaskType>(
    type: T,
    body: TaskBodies[T],
    priority: Priority = 'internal',
  ): Promise<TaskValues[T]> {
    const epoch = this.#epoch;
    const outcome = await this.#lane.run(this.#task(type, body), this.#patience(), priority);
    if (outcome.status === 'done') return outcome.value;
    this.lost(epoch);
    if (outcome.status === 'failed') throw new ThenarError(outcome.code, outcome.message);
    throw new ThenarError('unavailable', 'The palm worker was replaced.', { retryAfterMs: 1_000 });
  }

  #task<T extends TaskType>(type: T, body: TaskBodies[T]): TaskOf<T> {
    return { type, tenantId: this.tenantId, ...body };
  }

  #patience(): number {
    return this.#ports.clock.monotonic() + limits.worker_task_ms;
  }
}
