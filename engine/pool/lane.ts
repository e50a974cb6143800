import { ThenarError } from '../errors.ts';
import type { Spent } from '../index/laps.ts';
import { limits } from '../limits.ts';
import { type MatchOperation, type Meter, phasesOf } from '../meter.ts';
import type { Clock, Span, WorkerLoad } from '../ports.ts';
import { noSpan } from '../trace/spans.ts';
import { expired } from './deadline.ts';
import type { Outcome, Task, TaskOf, TaskType, TaskValues } from './tasks.ts';
import type { WorkerThread } from './thread.ts';

/** How urgent a task is. `internal` tasks serve requests indirectly: they queue like them, but are never refused. */
export type Priority = 'request' | 'internal' | 'background';

interface Queued {
  readonly task: Task;
  readonly deadline: number;
  /** When it came; `Clock.monotonic()` milliseconds. */
  readonly since: number;
  /** Told what the time of a matching task went into. */
  readonly span: Span;
  resolve(outcome: Outcome<TaskValues[TaskType]>): void;
  reject(error: ThenarError): void;
  cancelTimer: () => void;
}

export interface LaneOptions {
  readonly clock: Clock;
  /** Starts a worker thread; called again whenever one is replaced. */
  readonly start: (died: () => void) => WorkerThread;
  /** All that the worker held is gone. */
  readonly replaced: () => void;
  /** Told how long matching took, the wait for the worker apart from its work. */
  readonly meter?: Meter;
  readonly queueMax?: number;
  readonly hangMs?: number;
}

/**
 * The queue of one worker. Tenants take turns, so a busy one cannot starve the others; within a tenant tasks keep
 * their order. Background slices run when nothing else waits, and now and then when something always does.
 *
 * A queued task ends at its deadline. One that is under way is left alone, though its caller stops waiting at the
 * deadline; when it has not answered `hangMs` after it, the worker is taken for hung and replaced.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #queues = new Map<string, Queued[]>();
  /** Tenants with queued tasks, the next one first. */
  readonly #turns: string[] = [];
  readonly #background: Queued[] = [];
  readonly #inFlight = new Map<Queued, () => void>();
  /** Settles with each task that the worker has, whether or not somebody still waits for it. */
  readonly #working = new Set<Promise<unknown>>();
  #requests = 0;
  #sinceBackground = 0;
  #thread: WorkerThread | null = null;
  #startedAt = 0;
  #backoffMs = 0;
  #restarts = 0;
  #closed = false;
  /** When it began to have work; meaningless while nothing is in flight. */
  #busySince = 0;
  #busyMs = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#startThread();
  }

  get stats(): WorkerLoad {
    const busyMs = this.#busyMs + (this.#inFlight.size === 0 ? 0 : this.#busyFor());
    const now = this.#options.clock.monotonic();
    const waitedMs = Math.max(0, ...[...this.#queues.values()].map(([first]) => now - (first?.since ?? now)));
    const [queued, running] = [this.#requests, this.#inFlight.size];
    return { queued, waitedMs, running, restarts: this.#restarts, busyMs };
  }

  /**
   * @param deadline `Clock.monotonic()` milliseconds
   * @throws ThenarError `engine_busy` when the queue is full, `deadline_exceeded`, `unavailable` when the worker died
   */
  run<T extends TaskType>(
    task: TaskOf<T>,
    deadline: number,
    priority: Priority,
    span: Span = noSpan,
  ): Promise<Outcome<TaskValues[T]>> {
    const { clock, queueMax = limits.worker_queue_max } = this.#options;
    const own = this.#queues.get(task.tenantId)?.length ?? 0;
    if (this.#closed) return Promise.reject(new ThenarError('unavailable', 'The matcher is closing.'));
    if (priority === 'request' && (this.#requests >= queueMax || own >= limits.worker_tenant_queue_max)) {
      return Promise.reject(
        new ThenarError('engine_busy', 'Too many palm tasks are waiting.', { retryAfterMs: 1_000 }),
      );
    }
    const since = clock.monotonic();
    const remaining = deadline - since;
    if (remaining <= 0) return Promise.reject(expired());
    return new Promise((resolve, reject) => {
      const queued: Queued = {
        task: task as unknown as Task,
        deadline,
        since,
        span,
        resolve: resolve as Queued['resolve'],
        reject,
        cancelTimer: () => {},
      };
      queued.cancelTimer = clock.after(remaining, () => {
        this.#unqueue(queued);
        reject(expired());
      });
      if (priority === 'background') this.#background.push(queued);
      else this.#enqueue(queued);
      this.#dispatch();
    });
  }

  /**
   * Rejects what waits, lets the worker finish what it has, and stops it. A worker that is ended inside native code
   * takes the whole process with it: the library throws into an environment that is gone (N-API `napi_throw`).
   */
  async close(): Promise<void> {
    this.#closed = true;
    const error = new ThenarError('unavailable', 'The matcher is closing.');
    for (const queued of [...this.#queues.values()].flat().concat(this.#background))
      this.#fail(queued, error);
    this.#queues.clear();
    this.#turns.length = 0;
    this.#background.length = 0;
    for (const [queued, cancel] of this.#inFlight) {
      cancel();
      this.#fail(queued, error);
    }
    this.#inFlight.clear();
    await this.#finished();
    await this.#thread?.stop();
    this.#thread = null;
  }

  /** Once the worker has nothing left to do, or after so long that it must be hung. */
  async #finished(): Promise<void> {
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(limits.worker_finish_ms, resolve);
    });
    await Promise.race([Promise.allSettled(this.#working), late]);
    cancel();
  }

  #enqueue(queued: Queued): void {
    const { tenantId } = queued.task;
    const queue = this.#queues.get(tenantId);
    if (queue === undefined) {
      this.#queues.set(tenantId, [queued]);
      this.#turns.push(tenantId);
    } else {
      queue.push(queued);
    }
    this.#requests += 1;
  }

  #unqueue(queued: Queued): void {
    const { tenantId } = queued.task;
    const queue = this.#queues.get(tenantId);
    const at = queue?.indexOf(queued) ?? -1;
    if (queue !== undefined && at >= 0) {
      queue.splice(at, 1);
      this.#requests -= 1;
      // An empty queue keeps its turn; taking the turn finds nothing and removes it.
      return;
    }
    const behind = this.#background.indexOf(queued);
    if (behind >= 0) this.#background.splice(behind, 1);
  }

  #next(): Queued | undefined {
    if (this.#background.length > 0 && this.#sinceBackground >= limits.worker_background_share) {
      this.#sinceBackground = 0;
      return this.#background.shift();
    }
    for (let tenantId = this.#turns.shift(); tenantId !== undefined; tenantId = this.#turns.shift()) {
      const queue = this.#queues.get(tenantId)!;
      const queued = queue.shift();
      if (queue.length > 0) this.#turns.push(tenantId);
      else this.#queues.delete(tenantId);
      if (queued === undefined) continue;
      this.#requests -= 1;
      this.#sinceBackground += 1;
      return queued;
    }
    // A slice under way delays what comes next by its own length, two of them by twice that.
    if (this.#inFlight.size > 0) return undefined;
    this.#sinceBackground = 0;
    return this.#background.shift();
  }

  #dispatch(): void {
    const thread = this.#thread;
    while (thread !== null && this.#inFlight.size < limits.worker_in_flight) {
      const queued = this.#next();
      if (queued === undefined) return;
      this.#send(thread, queued);
    }
  }

  #send(thread: WorkerThread, queued: Queued): void {
    const { clock, hangMs = limits.worker_hang_ms } = this.#options;
    // Slices and log pages have generous deadlines for the queue, not for the work.
    const remaining = Math.min(queued.deadline - clock.monotonic(), limits.match_deadline_ms);
    const patience = Math.max(0, remaining) + hangMs;
    if (this.#inFlight.size === 0) this.#busySince = clock.monotonic();
    this.#inFlight.set(
      queued,
      clock.after(patience, () => this.#replace(thread)),
    );
    const ended = (finish: () => void): void => {
      this.#working.delete(work);
      const cancelHang = this.#inFlight.get(queued);
      if (cancelHang === undefined) return;
      this.#landed(queued);
      cancelHang();
      queued.cancelTimer();
      finish();
      this.#dispatch();
    };
    const work = thread.run(queued.task);
    this.#working.add(work);
    work.then(
      (outcome) =>
        ended(() => {
          if (outcome.status === 'done' && outcome.spent !== undefined) this.#matched(queued, outcome.spent);
          queued.resolve(outcome);
        }),
      (cause: unknown) =>
        ended(() => queued.reject(new ThenarError('unavailable', 'The palm worker failed.', { cause }))),
    );
  }

  #matched({ task, since, span }: Queued, spent: Spent): void {
    const { clock, meter } = this.#options;
    const operation = task.type as MatchOperation;
    const totalMs = clock.monotonic() - since;
    meter?.matched(operation, totalMs, spent);
    if (span.context === null) return;
    span.set('thenar.compared', spent.compared);
    // Search and comparison take turns, a hand at a time; each is shown in one piece, the last one ending now.
    let from = since;
    for (const [phase, ms] of phasesOf(operation, totalMs, spent)) {
      span.part(phase, from, from + ms);
      from += ms;
    }
  }

  #landed(queued: Queued): void {
    this.#inFlight.delete(queued);
    if (this.#inFlight.size === 0) this.#busyMs += this.#busyFor();
  }

  #busyFor(): number {
    return this.#options.clock.monotonic() - this.#busySince;
  }

  #fail(queued: Queued, error: ThenarError): void {
    queued.cancelTimer();
    queued.reject(error);
  }

  #startThread(): void {
    this.#startedAt = this.#options.clock.monotonic();
    const thread = this.#options.start(() => this.#replace(thread));
    this.#thread = thread;
    this.#dispatch();
  }

  /** Queued tasks stay: the new worker says that it does not hold their tenants, and they are asked again. */
  #replace(thread: WorkerThread): void {
    if (this.#closed || this.#thread !== thread) return;
    const { clock } = this.#options;
    this.#thread = null;
    this.#restarts += 1;
    const failed = [...this.#inFlight];
    for (const [queued] of failed) this.#landed(queued);
    for (const [queued, cancelHang] of failed) {
      cancelHang();
      this.#fail(queued, new ThenarError('unavailable', 'The palm worker died.', { retryAfterMs: 1_000 }));
    }
    void thread.stop();
    this.#options.replaced();
    const healthy = clock.monotonic() - this.#startedAt >= limits.worker_healthy_ms;
    const wait = healthy ? 0 : this.#backoffMs;
    this.#backoffMs = healthy
      ? limits.worker_restart_backoff_ms
      : Math.min(limits.worker_restart_backoff_max_ms, Math.max(limits.worker_restart_backoff_ms, wait * 2));
    clock.after(wait, () => {
      if (!this.#closed) this.#startThread();
    });
  }
}
