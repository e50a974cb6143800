import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { limits } from '../limits.ts';
import type { Outcome, Task, TaskType, TaskValues, WorkerSettings } from './tasks.ts';

/** One worker thread. */
export interface WorkerThread {
  /** Rejects when the thread dies or its handler throws. */
  run(task: Task): Promise<Outcome<TaskValues[TaskType]>>;
  stop(): Promise<void>;
}

/**
 * A piscina pool of exactly one thread: shards live in their thread, so a task must reach that one and no other.
 * Piscina would replace a dead thread by itself; `died` is called first, and the caller starts a new pool instead,
 * because the shards went with the thread.
 * @param entry path of the compiled worker entry
 */
export function startThread(entry: string, settings: WorkerSettings, died: () => void): WorkerThread {
  const pool = new Piscina<Task, Outcome<TaskValues[TaskType]>>({
    filename: entry,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: limits.worker_in_flight,
    recordTiming: false,
    workerData: settings,
  });
  let stopped = false;
  const gone = (): void => {
    if (!stopped) died();
  };
  // A thread that dies idle is an `error` or only a `workerDestroy`; one that dies at work rejects its tasks too.
  pool.on('error', gone);
  pool.on('workerDestroy', gone);
  return {
    run: (task) => pool.run(task),
    stop: async () => {
      stopped = true;
      await pool.destroy().catch(() => {});
    },
  };
}

/** The compiled entry of our workers. */
export const workerEntry = fileURLToPath(new URL('./worker.js', import.meta.url));

/** Threads that start before there is a matcher to use them: each takes longer to begin than a small shard to load. */
export class ThreadsAhead {
  readonly #settings: WorkerSettings;
  readonly #ahead: { readonly thread: WorkerThread; died: () => void }[];

  constructor(count: number, settings: WorkerSettings) {
    this.#settings = settings;
    this.#ahead = Array.from({ length: count }, () => {
      const entry = { died: () => {}, thread: startThread(workerEntry, settings, () => entry.died()) };
      return entry;
    });
  }

  /** Hands out those that are there, then starts new ones: those that take the place of others. */
  readonly start = (died: () => void): WorkerThread => {
    const next = this.#ahead.shift();
    if (next === undefined) return startThread(workerEntry, this.#settings, died);
    next.died = died;
    return next.thread;
  };

  /** Ends those that nobody took. */
  async stop(): Promise<void> {
    await Promise.all(this.#ahead.splice(0).map(({ thread }) => thread.stop()));
  }
}
