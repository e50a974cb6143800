import { ShardFileError } from '../index/file.ts';
import { graphBytes } from '../index/graph.ts';
import { loadShard } from '../index/load.ts';
import { makeRotation } from '../index/rotation.ts';
import { type Slices, saveShard } from '../index/save.ts';
import type { Scratch } from '../index/scratch.ts';
import type { Shard } from '../index/shard.ts';
import { VECTOR_BYTES } from '../index/vectors.ts';
import { limits } from '../limits.ts';
import { palmModel } from '../palm/model.ts';
import { protectionOf, shardFileKey } from '../palm/protection.ts';
import { bocvWords } from '../palm/sizes.ts';
import { systemClock } from '../system.ts';
import type { Job, StepReport, TaskOf, WorkerShardStatus } from './tasks.ts';

/** Rotation, maps and lists of a shard without palms. */
const SHARD_BYTES = 300_000;
/** Vector at both precisions (16 bits and 2), code (six planes of 32 rows of one word), and the entries of lists. */
const TEMPLATE_BYTES = VECTOR_BYTES * 1.125 + bocvWords * 4 + 150;
/** A palm's object, its identifiers and its entry in the map: measured, 560 bytes. */
const PALM_BYTES = 600;

type Running = Slices<{ readonly position: number }>;

/** A tenant as its worker holds it: shard, rotation, and the jobs under way. */
export class WorkerTenant {
  readonly shard: Shard;
  /** Id of the protection that its vectors are under. */
  readonly protection: string;
  readonly #rotationKey: Uint8Array;
  readonly #scratch: Scratch;
  readonly #jobs = new Map<Job, Running>();

  /** @param rotationKey 32 bytes, the same as whenever templates of this tenant were stored */
  constructor(shard: Shard, rotationKey: Uint8Array, scratch: Scratch) {
    this.shard = shard;
    this.#rotationKey = rotationKey;
    this.protection = protectionOf(rotationKey).id;
    this.#scratch = scratch;
  }

  /** A search vector as it is stored and searched. */
  protect(vector: Float32Array): Float32Array {
    return this.shard.rotate(vector, () => makeRotation(this.#rotationKey));
  }

  begin(task: TaskOf<'load'> | TaskOf<'save'>): void {
    this.#abandon(task.type);
    const key = shardFileKey(task.key, this.#rotationKey);
    this.#jobs.set(
      task.type,
      task.type === 'load'
        ? loadShard(this.shard, task.path, key, palmModel, this.#scratch)
        : saveShard(this.shard, task.path, task.header, key, this.#scratch),
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
      return { state: worked ? 'more' : 'done', position: shard.position, bytes: this.bytes };
    }
    const slices = this.#jobs.get(job);
    const report = (state: StepReport['state'], position = shard.position): StepReport => ({
      state,
      position,
      bytes: this.bytes,
    });
    if (slices === undefined) return report('damaged');
    try {
      do {
        const slice = slices.next();
        if (slice.done === true) {
          this.#jobs.delete(job);
          return report('done', slice.value.position);
        }
      } while (!late());
      return report('more');
    } catch (error) {
      this.#jobs.delete(job);
      if (error instanceof ShardFileError) return report('damaged');
      // A full disk says nothing about the shard in memory: it goes on, and the file is tried again.
      const { code } = error as { code?: unknown };
      if (typeof code === 'string') return { ...report('no_room'), reason: code };
      throw error;
    }
  }

  /** Gives every place back, zeroed. */
  close(): void {
    for (const job of this.#jobs.keys()) this.#abandon(job);
    this.shard.clear();
  }

  /** About what it takes of the worker's memory; never 0. */
  get bytes(): number {
    const { shard } = this;
    const graphs = (shard.hands.left.graph?.count ?? 0) + (shard.hands.right.graph?.count ?? 0);
    const graph = graphs === 0 ? 0 : graphBytes(graphs);
    return SHARD_BYTES + shard.templates * TEMPLATE_BYTES + shard.palms * PALM_BYTES + graph;
  }

  status(): WorkerShardStatus {
    const { shard } = this;
    return {
      templates: shard.templates,
      palms: shard.palms,
      bytes: this.bytes,
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
