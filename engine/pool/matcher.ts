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
import type { PalmLogAfter } from './feed.ts';
import { Lane } from './lane.ts';
import { LoadedShards } from './loaded.ts';
import { availableMemory, defaultWorkers, workerSettings } from './machine.ts';
import { ShardFiles } from './shard_files.ts';
import type { ShardPorts } from './shard_ports.ts';
import { compact, shareOf } from './spread.ts';
import type { TaskOf, TaskValues } from './tasks.ts';
import { TenantShard } from './tenant_shard.ts';
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
  /** 32 bytes, the same each time: vectors stored under one rotation are found under no other. */
  readonly tenantRotationKey: (tenantId: string) => Promise<Uint8Array>;
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
  readonly #ports: ShardPorts;
  readonly #tenants = new Map<string, TenantShard>();
  readonly #loaded: LoadedShards[];
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
    this.#ports = {
      clock,
      random: options.random,
      files,
      log: options.palmLogAfter,
      tenantRotationKey: options.tenantRotationKey,
      saveChanges: options.saveChanges ?? limits.shard_save_changes,
      saveIntervalMs: options.saveIntervalMs ?? limits.shard_save_interval_ms,
    };
    const entry = options.workerEntry ?? workerEntry;
    const settings = workerSettings(dataDir, options.flatMax);
    const start = options.startThread ?? ((died: () => void) => startThread(entry, settings, died));
    const memoryMax = options.memoryMax ?? availableMemory() * limits.shard_memory_share;
    this.#loaded = Array.from(
      { length: workers },
      () => new LoadedShards(memoryMax / workers, ({ tenantId }) => this.#tenants.delete(tenantId)),
    );
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
    await this.#tenant(tenantId).apply(entries);
  }

  async rewrite(tenantId: string, position: number): Promise<void> {
    await this.#tenant(tenantId).rewrite(position);
  }

  async load(tenantId: string): Promise<boolean> {
    if (this.#loaded[this.workerOf(tenantId)]!.isFull) return false;
    await this.#tenant(tenantId).ready(Number.POSITIVE_INFINITY);
    return true;
  }

  /**
   * Loads every shard that has a file here, those of one worker one after the other. A shard that cannot be loaded is
   * left to whoever asks for it.
   */
  async loadKept(): Promise<void> {
    const kept = this.#ports.files.tenants();
    const loadOf = async (worker: number): Promise<void> => {
      for (const tenantId of kept) {
        if (this.workerOf(tenantId) === worker) await this.load(tenantId).catch(() => {});
      }
    };
    await Promise.all(this.#lanes.map((_, worker) => loadOf(worker)));
  }

  async forget(tenantId: string): Promise<void> {
    const tenant = this.#tenant(tenantId);
    this.#tenants.delete(tenantId);
    await tenant.close();
    await this.#ports.files.erase(tenantId);
  }

  async shards(): Promise<ShardStatus[]> {
    return Promise.all([...this.#tenants.values()].map((tenant) => tenant.status()));
  }

  unsaved(): number {
    return [...this.#tenants.values()].filter(({ isUnsaved }) => isUnsaved).length;
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
    return shareOf(tenantId, this.#lanes.length);
  }

  workers(): WorkerLoad[] {
    return this.#lanes.map((lane) => lane.stats);
  }

  /** Writes what changed, then stops the workers. Bounded by `limits.drain_ms`. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const flushed = Promise.allSettled([...this.#tenants.values()].map((tenant) => tenant.flush()));
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
    if (this.#closing) throw new ThenarError('unavailable', 'The matcher is closing.');
    const known = this.#tenants.get(tenantId);
    if (known !== undefined) {
      this.#loaded[this.workerOf(tenantId)]!.used(known);
      return known;
    }
    // The identifier names a file.
    if (!/^[0-9A-Za-z_-]{1,64}$/.test(tenantId)) {
      throw new ThenarError('tenant_not_found', 'There is no such tenant.');
    }
    const worker = this.workerOf(tenantId);
    const loaded = this.#loaded[worker]!;
    const tenant = new TenantShard(tenantId, worker, this.#lanes[worker]!, this.#ports, (shard, bytes) =>
      loaded.sized(shard, bytes),
    );
    this.#tenants.set(tenantId, tenant);
    return tenant;
  }

  /** A worker was replaced: the shards it had are loaded again at once, so that requests find them. */
  #reload(worker: number): void {
    if (this.#closing) return;
    for (const tenant of this.#tenants.values()) {
      if (this.workerOf(tenant.tenantId) !== worker || tenant.isClosed) continue;
      tenant.lost();
      // A failure here is met again by the next request, which then reports it.
      tenant.ready(Number.POSITIVE_INFINITY).catch(() => {});
    }
  }
}
