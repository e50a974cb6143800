import type { ErrorCode } from '../errors.ts';
import type { FaceComparison, FaceImages, ReadFace } from '../face/ports.ts';
import type { ShardHeader } from '../index/file.ts';
import type { Spent } from '../index/laps.ts';
import type { SelfCheckResult } from '../palm/check.ts';
import type { Scan } from '../palm/types.ts';
import type {
  Candidate,
  CodeBeside,
  DuplicatesFound,
  IndexedTemplate,
  Matched,
  PreparedTemplate,
} from '../ports.ts';

/** What a worker can be asked, by name; every task but `check` is one tenant's, and those of faces need no shard. */
export interface TaskBodies {
  open: { readonly rotationKey: Uint8Array };
  close: object;
  /** `load` and `save` begin a job; `step` carries it on. */
  load: { readonly path: string; readonly key: Uint8Array };
  save: {
    readonly path: string;
    readonly key: Uint8Array;
    readonly header: Omit<ShardHeader, 'position'>;
  };
  step: { readonly job: Job };
  append: { readonly entries: readonly IndexedTemplate[] };
  prepare: { readonly scans: readonly Scan[] };
  verify: { readonly palmIds: readonly string[]; readonly scan: Scan };
  identify: { readonly scan: Scan };
  duplicates: { readonly templates: readonly PreparedTemplate[]; readonly beside: readonly CodeBeside[] };
  status: object;
  recall: object;
  /** The vendor's own check; needs no shard. */
  check: object;
  readFace: { readonly images: FaceImages };
  compareFaces: { readonly probe: Uint8Array; readonly templates: readonly Uint8Array[] };
}

export type TaskType = keyof TaskBodies;
/** Which of a tenant's shards it is for: a second one is there while its templates are re-issued. */
export interface Addressed {
  readonly tenantId: string;
  readonly copy?: number;
}

export type TaskOf<T extends TaskType> = {
  readonly type: T;
  readonly tenantId: string;
  readonly copy?: number;
} & TaskBodies[T];
export type Task = { [T in TaskType]: TaskOf<T> }[TaskType];

/** Long work, done in slices between searches. */
export type Job = 'load' | 'save' | 'build';

/** What a finished task gives. */
export interface TaskValues {
  open: { readonly bytes: number };
  close: null;
  load: null;
  save: null;
  step: StepReport;
  append: { readonly position: number; readonly needsBuild: boolean; readonly bytes: number };
  prepare: Matched<PreparedTemplate[]>;
  verify: Matched<Candidate | null>;
  identify: Matched<Candidate[]>;
  duplicates: DuplicatesFound;
  status: WorkerShardStatus;
  recall: number | null;
  check: SelfCheckResult;
  readFace: Matched<ReadFace>;
  compareFaces: readonly FaceComparison[];
}

export interface StepReport {
  /**
   * `damaged`: the shard file cannot be used. `no_room`: the file, or a temporary one, could not be written or made;
   * a shard that was to be saved is as it was, one that was to be loaded is empty.
   */
  readonly state: 'more' | 'done' | 'damaged' | 'no_room';
  /** When done: the log position loaded or saved. */
  readonly position: number;
  /** What the shard takes of the worker's memory. */
  readonly bytes: number;
  /** With `no_room`: the code of the system's error, or our own. */
  readonly reason?: string;
}

export interface WorkerShardStatus {
  readonly templates: number;
  readonly palms: number;
  readonly bytes: number;
  readonly mode: 'flat' | 'building' | 'hnsw';
  readonly position: number;
}

/**
 * How a task ended, as data, for error classes do not survive threads. `absent`: this worker does not hold the
 * tenant (it was replaced): open it and ask again.
 */
export type Outcome<T> =
  | {
      readonly status: 'done';
      readonly value: T;
      /** Of tasks that match: what their time went into. */
      readonly spent?: Spent;
    }
  | { readonly status: 'absent' }
  | { readonly status: 'failed'; readonly code: ErrorCode; readonly message: string };

/** What the pool tells each worker at its start. */
export interface WorkerSettings {
  /** Names the scratch folder; see `Scratch`. */
  readonly scratchOwner: string;
  readonly flatMax: number;
}
