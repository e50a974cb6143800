import { limits } from '../limits.ts';
import type { Clock } from '../ports.ts';
import type { Saver } from './saver.ts';
import type { StepReport } from './tasks.ts';

export interface TendingOptions {
  readonly clock: Clock;
  readonly saver: Saver;
  /** Changes after which the file is written. */
  readonly saveChanges: number;
  readonly isReady: () => boolean;
  /** One slice of graph building by the worker, in the background. */
  readonly build: () => Promise<StepReport>;
  readonly sampleRecall: () => Promise<number | null>;
}

/** Builds a shard's graph, writes its file and samples its recall while its worker has time. */
export class Tending {
  readonly #options: TendingOptions;
  #needsBuild = false;
  #running = false;
  #recallDueAt = 0;
  /** Of the last sample; null while there is none. */
  recall: number | null = null;

  constructor(options: TendingOptions) {
    this.#options = options;
  }

  /** The worker's copy is gone. */
  reset(): void {
    this.#needsBuild = false;
    this.recall = null;
    this.#recallDueAt = 0;
  }

  /** Does what there is need for; one at a time, and its failures are found by the next request. */
  tend(needsBuild: boolean): void {
    this.#needsBuild = needsBuild;
    if (this.#running || !this.#options.isReady()) return;
    this.#running = true;
    void this.#untilDone()
      .catch(() => {})
      .finally(() => {
        this.#running = false;
      });
  }

  async #untilDone(): Promise<void> {
    const { clock, saver, saveChanges, isReady, build, sampleRecall } = this.#options;
    let built = false;
    while (isReady()) {
      if (saver.isDue(saveChanges)) {
        await saver.save(0);
      } else if (this.#needsBuild) {
        this.#needsBuild = false;
        const { state } = await build();
        if (state === 'more') {
          this.#needsBuild = true;
          built = true;
        } else if (built) {
          // A built graph is worth keeping, though the log has not moved.
          built = false;
          this.#recallDueAt = 0;
          if (saver.changes === 0) saver.changed(1);
        }
      } else if (clock.monotonic() >= this.#recallDueAt) {
        this.#recallDueAt = clock.monotonic() + limits.recall_sample_interval_ms;
        this.recall = await sampleRecall();
      } else {
        return;
      }
    }
  }
}
