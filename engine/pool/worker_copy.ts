import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Clock, Span } from '../ports.ts';
import { noSpan } from '../trace/spans.ts';
import type { Lane, Priority } from './lane.ts';
import type {
  Addressed,
  Job,
  Outcome,
  StepReport,
  TaskBodies,
  TaskOf,
  TaskType,
  TaskValues,
} from './tasks.ts';

export interface WorkerCopyOptions extends Required<Addressed> {
  readonly lane: Lane;
  readonly clock: Clock;
  /** The worker does not hold it, or not as it should. @param epoch as it was when the worker was asked */
  readonly lost: (epoch: number) => void;
  readonly epoch: () => number;
}

/** A shard where its worker has it: how it is asked. */
export class WorkerCopy {
  readonly #options: WorkerCopyOptions;
  #uses = 0;
  #unused: (() => void) | null = null;

  constructor(options: WorkerCopyOptions) {
    this.#options = options;
  }

  /** Calls under way that need it loaded. */
  get uses(): number {
    return this.#uses;
  }

  /** Runs what needs the shard; it does not leave memory meanwhile. */
  async using<T>(work: () => Promise<T>): Promise<T> {
    this.#uses += 1;
    try {
      return await work();
    } finally {
      this.#uses -= 1;
      if (this.#uses === 0) this.#unused?.();
    }
  }

  /** Resolves when nothing needs it any more. */
  async unused(): Promise<void> {
    if (this.#uses === 0) return;
    await new Promise<void>((resolve) => {
      this.#unused = resolve;
    });
  }

  run<T extends TaskType>(
    type: T,
    body: TaskBodies[T],
    deadline: number,
    priority: Priority,
    span: Span = noSpan,
  ): Promise<Outcome<TaskValues[T]>> {
    const { tenantId, copy, lane } = this.#options;
    const task: TaskOf<T> = { type, tenantId, copy, ...body };
    return lane.run(task, deadline, priority, span);
  }

  /** For the shard's own upkeep: a copy that does not answer as it should is given up. */
  async internal<T extends TaskType>(
    type: T,
    body: TaskBodies[T],
    priority: Priority = 'internal',
  ): Promise<TaskValues[T]> {
    const { epoch, lost } = this.#options;
    const asked = epoch();
    const outcome = await this.run(type, body, this.patience(), priority);
    if (outcome.status === 'done') return outcome.value;
    lost(asked);
    if (outcome.status === 'failed') throw new ThenarError(outcome.code, outcome.message);
    throw new ThenarError('unavailable', 'The palm worker was replaced.', { retryAfterMs: 1_000 });
  }

  /** Carries a job to its end. */
  async work(job: Job, priority: Priority): Promise<StepReport> {
    for (;;) {
      const report = await this.internal('step', { job }, priority);
      if (report.state !== 'more') return report;
    }
  }

  /** Has the worker give it up. One that does not hold it says so, which is as good. */
  async close(): Promise<void> {
    await this.run('close', {}, this.patience(), 'internal');
  }

  patience(): number {
    return this.#options.clock.monotonic() + limits.worker_task_ms;
  }
}
