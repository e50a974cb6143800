import { ShardFileError } from '../index/file.ts';
import { graphBytes } from '../index/graph.ts';
import { loadShard } from '../index/load.ts';
import { rotate } from '../index/rotation.ts';
import { type Slices, saveShard } from '../index/save.ts';
import type { Scratch } from '../index/scratch.ts';
import type { Shard } from '../index/shard.ts';
import { VECTOR_BYTES } from '../index/vectors.ts';
import { limits } from '../limits.ts';
import { bocvWords } from '../palm/code.ts';
import { palmModel } from '../palm/model.ts';
import { systemClock } from '../system.ts';
import type { Job, StepReport, TaskOf, WorkerShardStatus } from './tasks.ts';

/** Six planes of 32 rows of one word. */
const CODE_BYTES = bocvWords * 4;

type Running = Slices<{ readonly position: number }>;

/** A tenant as its worker holds it: shard, rotation, and the jobs under way. */
export class WorkerTenant {
  readonly shard: Shard;
  readonly #rotation: Float32Array;
  readonly #scratch: Scratch;
  readonly #jobs = new Map<Job, Running>();

  constructor(shard: Shard, rotation: Float32Array, scratch: Scratch) {
    this.shard = shard;
    this.#rotation = rotation;
    this.#scratch = scratch;
  }

  /** A search vector as it is stored and searched. */
  protect(vector: Float32Array): Float32Array {
    return rotate(this.#rotation, vector);
  }

  begin(task: TaskOf<'load'> | TaskOf<'save'>): void {
    this.#abandon(task.type);
    this.#jobs.set(
      task.type,
      task.type === 'load'
        ? loadShard(this.shard, task.path, task.key, palmModel, this.#scratch)
        : saveShard(this.shard, task.path, task.header, task.key, this.#scratch),
    );
  }

  /** Carries a job on for one slice. */
  step(job: Job): StepReport {
    const until = systemClock.monotonic() + limits.shard_slice_ms;
    const late = (): boolean => systemClock.monotonic() >= until;
    const { shard } = this;
    if (job === 'build') {
      // `done` only when there was nothing to do, so that whoever asks knows that something was built.
      const worked = shard.mode === 'building';
      shard.build(late);
      return { state: worked ? 'more' : 'done', position: shard.position };
    }
    const slices = this.#jobs.get(job);
    if (slices === undefined) return { state: 'damaged', position: shard.position };
    try {
      do {
        const slice = slices.next();
        if (slice.done === true) {
          this.#jobs.delete(job);
          return { state: 'done', position: slice.value.position };
        }
      } while (!late());
      return { state: 'more', position: shard.position };
    } catch (error) {
      this.#jobs.delete(job);
      if (error instanceof ShardFileError) return { state: 'damaged', position: shard.position };
      throw error;
    }
  }

  /** Gives every place back, zeroed. */
  close(): void {
    for (const job of this.#jobs.keys()) this.#abandon(job);
    this.shard.clear();
  }

  status(): WorkerShardStatus {
    const { shard } = this;
    const graphs = (shard.hands.left.graph?.count ?? 0) + (shard.hands.right.graph?.count ?? 0);
    const places = shard.templates * (VECTOR_BYTES + CODE_BYTES);
    return {
      templates: shard.templates,
      palms: shard.palms,
      bytes: places + (graphs === 0 ? 0 : graphBytes(graphs)),
      mode: shard.mode,
      position: shard.position,
    };
  }

  #abandon(job: Job): void {
    // Runs the generator's `finally`, which closes and removes what it had open.
    this.#jobs.get(job)?.return({ position: 0 });
    this.#jobs.delete(job);
  }
}
