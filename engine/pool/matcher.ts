import { resolve } from 'node:path';
import { ThenarError } from '../errors.ts';
import type { FaceComparison, FaceImages, FaceReader, ReadFace } from '../face/ports.ts';
import { Scratch } from '../index/scratch.ts';
import { limits } from '../limits.ts';
import type { MatchOperation, Meter } from '../meter.ts';
import type { Scan } from '../palm/types.ts';
import type {
  Clock,
  CodeBeside,
  IndexedTemplate,
  Matched,
  Matcher,
  PreparedTemplate,
  Random,
  ShardStatus,
  Span,
  SubjectKeys,
  TraceContext,
  Tracer,
  WorkerCheck,
  WorkerLoad,
} from '../ports.ts';
import { inSpan, noSpan, noTracer } from '../trace/spans.ts';
import { checkWorker } from './check.ts';
import { Lane } from './lane.ts';
import { availableMemory, defaultWorkers, workerSettings } from './machine.ts';
import { ShardFiles } from './shard_files.ts';
import type { PalmLogAfter, TenantProtection } from './shard_ports.ts';
import { TenantShards } from './shards.ts';
import { compact } from './spread.ts';
import type { TaskOf, TaskValues } from './tasks.ts';
import type { TenantShard } from './tenant_shard.ts';
import { startThread, type WorkerThread, workerEntry } from './thread.ts';

export interface PoolMatcherOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly subjectKeys: SubjectKeys;
  /** Shard files go into `shards/` below it. */
  readonly dataDir: string;
  readonly meter?: Meter;
  readonly tracer?: Tracer;
  readonly palmLogAfter: PalmLogAfter;
  readonly protectionOf: TenantProtection;
  /** Worker threads; default {@link defaultWorkers}. */
  readonly workers?: number;
  /** Compiled worker entry; tests put their own around ours. */
  readonly workerEntry?: string;
  /** Starts a thread with the settings of {@link workerSettings}; default: a new one each time. */
  readonly startThread?: (died: () => void) => WorkerThread;
  readonly flatMax?: number;
  readonly queueMax?: number;
  readonly hangMs?: number;
  readonly saveChanges?: number;
  readonly saveIntervalMs?: number;
  /** Memory for loaded shards; default `limits.shard_memory_share` of what this machine or container has. */
  readonly memoryMax?: number;
}

/** The matcher over worker threads: each tenant's shard lives in one of them, found by a hash of its identifier. */
export class PoolMatcher implements Matcher, FaceReader {
  readonly #clock: Clock;
  readonly #tracer: Tracer;
  readonly #lanes: Lane[];
  readonly #files: ShardFiles;
  readonly #shards: TenantShards;
  readonly #scratch: Scratch;
  #closing = false;

  constructor(options: PoolMatcherOptions) {
    const { clock, dataDir, workers = defaultWorkers() } = options;
    const files = new ShardFiles(dataDir, options.subjectKeys);
    this.#scratch = new Scratch(resolve(dataDir));
    this.#scratch.sweep();
    // Keys of cut-off saves protect nothing any more; one that outlives a failure here is found at the next start.
    void files.sweep().catch(() => {});
    this.#clock = clock;
    this.#tracer = options.tracer ?? noTracer;
    this.#files = files;
    const entry = options.workerEntry ?? workerEntry;
    const settings = workerSettings(dataDir, options.flatMax);
    const start = options.startThread ?? ((died: () => void) => startThread(entry, settings, died));
    this.#lanes = Array.from(
      { length: workers },
      (_, worker) =>
        new Lane({
          clock,
          start,
          ...(options.meter === undefined ? {} : { meter: options.meter }),
          replaced: () => this.#reload(worker),
          ...(options.queueMax === undefined ? {} : { queueMax: options.queueMax }),
          ...(options.hangMs === undefined ? {} : { hangMs: options.hangMs }),
        }),
    );
    const ports = {
      clock,
      random: options.random,
      files,
      log: options.palmLogAfter,
      protectionOf: options.protectionOf,
      saveChanges: options.saveChanges ?? limits.shard_save_changes,
      saveIntervalMs: options.saveIntervalMs ?? limits.shard_save_interval_ms,
    };
    const memoryMax = options.memoryMax ?? availableMemory() * limits.shard_memory_share;
    this.#shards = new TenantShards(ports, this.#lanes, memoryMax);
  }

  prepare(tenantId: string, scans: readonly Scan[], deadline: number, trace: TraceContext | null = null) {
    const task = { scans: scans.map(compact) };
    return this.#match('prepare', tenantId, trace, (tenant, span) =>
      tenant.ask('prepare', task, deadline, span),
    );
  }

  verify(
    tenantId: string,
    palmIds: readonly string[],
    scan: Scan,
    deadline: number,
    trace: TraceContext | null = null,
  ) {
    const task = { palmIds, scan: compact(scan) };
    return this.#match('verify', tenantId, trace, (tenant, span) =>
      tenant.ask('verify', task, deadline, span),
    );
  }

  identify(tenantId: string, scan: Scan, deadline: number, trace: TraceContext | null = null) {
    const task = { scan: compact(scan) };
    return this.#match('identify', tenantId, trace, (tenant, span) =>
      tenant.ask('identify', task, deadline, span),
    );
  }

  duplicates(
    tenantId: string,
    templates: readonly PreparedTemplate[],
    position: number,
    beside: readonly CodeBeside[],
    deadline: number,
    trace: TraceContext | null = null,
  ) {
    return this.#match('duplicates', tenantId, trace, async (tenant, span) => {
      await tenant.reach(position, deadline);
      return tenant.ask('duplicates', { templates, beside }, deadline, span);
    });
  }

  /** In a span of its own where somebody traces, with its parts as the worker timed them. */
  async #match<T extends MatchOperation>(
    operation: T,
    tenantId: string,
    trace: TraceContext | null,
    work: (tenant: TenantShard, span: Span) => Promise<TaskValues[T]>,
  ): Promise<TaskValues[T]> {
    const tenant = this.#tenant(tenantId);
    if (trace === null) return work(tenant, noSpan);
    const span = this.#tracer.start('match', 'internal', trace);
    span.set('thenar.operation', operation);
    return inSpan(span, () => work(tenant, span));
  }

  async apply(tenantId: string, entries: readonly IndexedTemplate[]): Promise<void> {
    const { position = 0 } = entries.at(-1) ?? {};
    // One that is coming reads them from the log, as its protection has them; it says at its turn whether it has them.
    this.#shards
      .coming(tenantId)
      ?.reach(position, Number.POSITIVE_INFINITY)
      .catch(() => {});
    await this.#tenant(tenantId).apply(entries);
  }

  async rewrite(tenantId: string, position: number): Promise<void> {
    const shard = this.#tenant(tenantId);
    try {
      await shard.rewrite(position);
    } catch (error) {
      // Another one may have taken its place meanwhile, and writes the file from now on.
      if (shard === this.#tenant(tenantId)) throw error;
      await this.#tenant(tenantId).rewrite(position);
    }
    // One that is coming writes no file yet; what is erased must not be in its memory either.
    await this.#shards.coming(tenantId)?.reach(position, this.#clock.monotonic() + limits.worker_task_ms);
  }

  async load(tenantId: string): Promise<boolean> {
    if (this.#shards.isFullFor(tenantId)) return false;
    await this.#tenant(tenantId).ready(Number.POSITIVE_INFINITY);
    return true;
  }

  /**
   * Loads every shard that has a file here, those of one worker one after the other. A shard that cannot be loaded is
   * left to whoever asks for it.
   */
  async loadKept(): Promise<void> {
    const kept = this.#files.tenants();
    const loadOf = async (worker: number): Promise<void> => {
      for (const tenantId of kept) {
        if (this.workerOf(tenantId) === worker) await this.load(tenantId).catch(() => {});
      }
    };
    await Promise.all(this.#lanes.map((_, worker) => loadOf(worker)));
  }

  async prepareRenewal(tenantId: string, protection: string): Promise<void> {
    this.#assertOpen();
    await this.#shards.prepare(tenantId, protection);
  }

  async renew(tenantId: string, protection: string, position: number): Promise<void> {
    this.#assertOpen();
    await this.#shards.renew(tenantId, protection, position);
  }

  async forget(tenantId: string): Promise<void> {
    this.#assertOpen();
    await this.#shards.forget(tenantId);
    await this.#files.erase(tenantId);
  }

  async shards(): Promise<ShardStatus[]> {
    return Promise.all(this.#shards.all().map((shard) => shard.status()));
  }

  unsaved(): number {
    return this.#shards.all().filter(({ isUnsaved }) => isUnsaved).length;
  }

  async check(deadline: number): Promise<WorkerCheck[]> {
    return Promise.all(this.#lanes.map((lane, worker) => checkWorker(this.#clock, lane, worker, deadline)));
  }

  readFace(tenantId: string, images: FaceImages, deadline: number): Promise<Matched<ReadFace>> {
    return this.#shardless({ type: 'readFace', tenantId, images }, deadline);
  }

  compareFaces(
    tenantId: string,
    probe: Uint8Array,
    templates: readonly Uint8Array[],
    deadline: number,
  ): Promise<readonly FaceComparison[]> {
    const own = templates.map((template) => Uint8Array.from(template));
    return this.#shardless({ type: 'compareFaces', tenantId, probe, templates: own }, deadline);
  }

  /** Which worker a tenant is pinned to. */
  workerOf(tenantId: string): number {
    return this.#shards.workerOf(tenantId);
  }

  workers(): WorkerLoad[] {
    return this.#lanes.map((lane) => lane.stats);
  }

  /** Writes what changed, then stops the workers. Bounded by `limits.drain_ms`. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const flushed = Promise.allSettled(this.#shards.all().map((shard) => shard.flush()));
    let cancel = (): void => {};
    await Promise.race([
      flushed,
      new Promise<void>((done) => {
        cancel = this.#clock.after(limits.drain_ms, done);
      }),
    ]);
    cancel();
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    this.#scratch.sweep();
  }

  /** Work of a tenant that its worker does without its shard. */
  async #shardless<T extends 'readFace' | 'compareFaces'>(
    task: TaskOf<T>,
    deadline: number,
  ): Promise<TaskValues[T]> {
    const outcome = await this.#lanes[this.workerOf(task.tenantId)]!.run(task, deadline, 'request');
    if (outcome.status === 'done') return outcome.value;
    throw outcome.status === 'failed'
      ? new ThenarError(outcome.code, outcome.message)
      : new ThenarError('unavailable', 'The palm worker was replaced.', { retryAfterMs: 1_000 });
  }

  #tenant(tenantId: string): TenantShard {
    this.#assertOpen();
    return this.#shards.of(tenantId);
  }

  #assertOpen(): void {
    if (this.#closing) throw new ThenarError('unavailable', 'The matcher is closing.');
  }

  #reload(worker: number): void {
    if (!this.#closing) this.#shards.reload(worker);
  }
}
