/** What the engine asks of the world. `storage/` and `transport/main.ts` implement these. */
import type { ErrorCode } from './errors.ts';
import type { Comparison, Hand, PalmCode, PalmTemplate, QualityReport, Scan } from './palm/types.ts';
import type { WorkerCheck, WorkerLoad } from './pool/ports.ts';
import type { Json, JsonObject, PalmLogRecord, TableName, Tables } from './records.ts';
import type { TraceContext } from './trace/ports.ts';

export type * from './outbound/ports.ts';
export type * from './pool/ports.ts';
export type * from './secrets/ports.ts';
export type * from './trace/ports.ts';
/** `slow`: it answers, later than `limits.database_slow_ms`. */
export type DatabaseHealth = 'ok' | 'slow' | 'down';

// --- Time and chance ------------------------------------------------------------------------------------

export interface Clock {
  /** Epoch milliseconds; may jump. */
  now(): number;
  /** Milliseconds of a clock that never jumps; for durations and deadlines. */
  monotonic(): number;
  /** Calls `fire` once after `ms`; the returned function cancels. Never keeps the process alive. */
  after(ms: number, fire: () => void): () => void;
}

export interface Random {
  bytes(length: number): Uint8Array;
  /** Version 4 UUID. */
  uuid(): string;
  /** In [0, 1); for jitter only. */
  fraction(): number;
}

/** Structured log, as pino has it. Facts never carry secrets, tokens, templates or scans. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  /** For whoever would gather facts of every request for nobody; without it all is written. */
  isLevelEnabled?(level: 'debug'): boolean;
}

// --- Storage --------------------------------------------------------------------------------------------

export type Condition<V> =
  | V
  | { readonly in: readonly V[] }
  | { readonly notIn: readonly V[] }
  | { readonly not: V }
  | Range<V>;

/** One bound or two: all of them hold. */
export type Range<V> =
  | { readonly gt: V; readonly lt?: V; readonly lte?: V }
  | { readonly gte: V; readonly lt?: V; readonly lte?: V }
  | { readonly lt: V }
  | { readonly lte: V };

export type Where<T extends TableName> = { readonly [C in keyof Tables[T]]?: Condition<Tables[T][C]> };

/**
 * One change of one table, as data. All writes of a commit take effect together or not at all.
 * - insert: a unique violation fails the commit with `conflict` (default `conflict`), or is skipped with `ignore`.
 * - update / delete: when no row matches `where` the commit fails with `otherwise`; without `otherwise` it goes on.
 * - check: fails the commit with `otherwise` unless a row matches; the row is locked against change until commit.
 */
export type Write = {
  [T in TableName]:
    | { readonly insert: T; readonly row: Tables[T]; readonly conflict?: ErrorCode | 'ignore' }
    | { readonly upsert: T; readonly row: Tables[T] }
    | {
        readonly update: T;
        readonly where: Where<T>;
        readonly set: Partial<Tables[T]>;
        readonly otherwise?: ErrorCode;
      }
    | { readonly delete: T; readonly where: Where<T>; readonly otherwise?: ErrorCode }
    | { readonly check: T; readonly where: Where<T>; readonly otherwise: ErrorCode };
}[TableName];

/** An audit record before the chain gives it its sequence and hash. */
export interface AuditEntry {
  readonly eventType: string;
  readonly severity?: 'info' | 'warning' | 'high';
  readonly actor: string;
  readonly userId?: string | null;
  readonly details?: JsonObject;
}

/** A palm log entry before the log gives it its position. */
export type PalmLogEntry = Omit<PalmLogRecord, 'tenantId' | 'position'>;

/** All of what one command decides. Committed in one transaction, in order with others of its tenant. */
export interface Commit {
  readonly tenantId: string;
  readonly writes: readonly Write[];
  readonly audit?: readonly AuditEntry[];
  readonly palmLog?: readonly PalmLogEntry[];
}

export interface CommitResult {
  /** Epoch milliseconds that the audit records carry. */
  readonly at: number;
  /** Position of the first palm log entry of this commit; the others follow without a gap. */
  readonly palmPosition: number;
}

/** The tenant id under which deployment-wide facts (tenants, console, CA, keys) are committed and audited. */
export const PLATFORM_TENANT = '00000000-0000-0000-0000-000000000000';

export interface ListOptions<T extends TableName> {
  readonly where?: Where<T>;
  readonly order?: readonly (readonly [column: keyof Tables[T] & string, direction: 'asc' | 'desc'])[];
  /** At most `limits.read_page_max`. */
  readonly limit?: number;
  readonly offset?: number;
}

export interface PageOptions<T extends TableName> extends ListOptions<T> {
  /** Only rows with this text in one of these columns, whatever its case. */
  readonly search?: { readonly text: string; readonly in: readonly (keyof Tables[T] & string)[] };
}

export interface Store {
  /**
   * Commits durably; concurrent commits of one tenant share a transaction, and take effect in call order.
   * @throws ThenarError the code a write named; `engine_busy` when too many wait; `unavailable` when
   *   PostgreSQL cannot take it (nothing is half written: an unknown COMMIT outcome is resolved first).
   */
  commit(commit: Commit): Promise<CommitResult>;
  /** The one row that matches, or null. */
  get<T extends TableName>(table: T, where: Where<T>): Promise<Tables[T] | null>;
  list<T extends TableName>(table: T, options: ListOptions<T>): Promise<Tables[T][]>;
  count<T extends TableName>(table: T, where: Where<T>): Promise<number>;
  /**
   * One page of a list, and how many rows there are in all. Searching, and an order by what is sealed, open every row
   * that `where` matches.
   * @throws ThenarError `limit_reached` when those are more than `limits.opened_rows_max`
   */
  page<T extends TableName>(
    table: T,
    options: PageOptions<T>,
  ): Promise<{ readonly rows: Tables[T][]; readonly total: number }>;
  /** Pages through all matching rows by primary key, `limits.read_page_max` at a time. */
  scan<T extends TableName>(table: T, where: Where<T>): AsyncIterable<Tables[T][]>;
  /** Makes room for the audit records of this month and the coming ones (`limits.audit_months_ahead`). */
  prepareMonths(): Promise<void>;
  /** How PostgreSQL does; answers within `limits.database_health_ms` and never rejects. */
  health(): Promise<DatabaseHealth>;
  close(): Promise<void>;
}

/** A cache of actor state. It may forget anything at any time; it never returns an older version than it took. */
export interface SnapshotStore {
  /** Refused silently when a newer version is there (fenced). */
  put(key: string, version: number, state: Json): Promise<void>;
  get(key: string): Promise<{ readonly version: number; readonly state: Json } | null>;
  delete(key: string): Promise<void>;
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}

// --- Matching -------------------------------------------------------------------------------------------

/** A template ready to be stored and indexed: its vector is under the tenant's rotation. */
export interface PreparedTemplate {
  readonly hand: Hand;
  readonly template: PalmTemplate;
  /** Id of the protection that the vector is under, see `palm/protection.ts`. */
  readonly protection: string;
  readonly quality: QualityReport | null;
}

/** Scores are all from the same enrolled template. */
export interface Candidate extends Comparison {
  readonly palmId: string;
  readonly userId: string;
  readonly hand: Hand;
}

/** What a duplicate check found. */
export interface DuplicatesFound {
  /** Palms of the shard, by descending fused score, at most `limits.shortlist`. */
  readonly candidates: readonly Candidate[];
  /** For each code beside the shard the best comparison with a template of its hand; null where there is none. */
  readonly beside: readonly (Comparison | null)[];
}

/** A code that is in no shard yet. */
export interface CodeBeside {
  readonly hand: Hand;
  readonly code: PalmCode;
}

/** Why a scan could not be used; a technical failure, not a non-match. */
export interface ScanRefusal {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: JsonObject;
}
export type Matched<T> = { readonly ok: true; readonly value: T } | ScanRefusal;

export interface IndexedTemplate {
  readonly position: number;
  readonly operation: 'add' | 'remove';
  readonly palmId: string;
  readonly userId: string;
  readonly hand: Hand;
  readonly sample: number;
  /** Null for `remove`, and for an `add` whose palm was erased since. */
  readonly template: PalmTemplate | null;
}

export interface ShardStatus {
  readonly tenantId: string;
  readonly worker: number;
  readonly templates: number;
  readonly palms: number;
  readonly bytes: number;
  readonly mode: 'loading' | 'flat' | 'building' | 'hnsw';
  readonly position: number;
  readonly replayLag: number;
  readonly filePosition: number | null;
  readonly fileAgeMs: number | null;
  readonly recallSample: number | null;
}

/**
 * The matcher. Deadlines are `Clock.monotonic()` milliseconds. Rejects with ThenarError `engine_busy`,
 * `deadline_exceeded` or `unavailable`. `trace` is what the span of the work hangs under; without it there is none.
 */
export interface Matcher {
  /** Extracts templates from scans of an enrolment, all or nothing; checks quality and consistency of a hand. */
  prepare(
    tenantId: string,
    scans: readonly Scan[],
    deadline: number,
    trace?: TraceContext | null,
  ): Promise<Matched<PreparedTemplate[]>>;
  /** 1:1: the best of the named palms against the scan; null when none of them is in the shard. */
  verify(
    tenantId: string,
    palmIds: readonly string[],
    scan: Scan,
    deadline: number,
    trace?: TraceContext | null,
  ): Promise<Matched<Candidate | null>>;
  /** 1:N: candidates of that hand by descending fused score, one a palm, at most `limits.shortlist`. */
  identify(
    tenantId: string,
    scan: Scan,
    deadline: number,
    trace?: TraceContext | null,
  ): Promise<Matched<Candidate[]>>;
  /** 1:N of prepared templates, once the shard has reached `position`, and among codes beside the shard. */
  duplicates(
    tenantId: string,
    templates: readonly PreparedTemplate[],
    position: number,
    beside: readonly CodeBeside[],
    deadline: number,
    trace?: TraceContext | null,
  ): Promise<DuplicatesFound>;
  /** Tells the shard what was committed, in order of position; the shard reads gaps from the log itself. */
  apply(tenantId: string, entries: readonly IndexedTemplate[]): Promise<void>;
  /** Rewrites the tenant's shard file so that it covers at least `position`; resolves when it is on disk. */
  rewrite(tenantId: string, position: number): Promise<void>;
  /** Loads the tenant's shard; false when the loaded ones fill their memory: it is loaded when it is needed. */
  load(tenantId: string): Promise<boolean>;
  /** Loads a second shard of the tenant beside the one that answers: its templates are to be under this protection. */
  prepareRenewal(tenantId: string, protection: string): Promise<void>;
  /**
   * The tenant's protection was exchanged for the one with this id: unless its shard is under that already, another
   * that is takes over, and the file of the one before goes.
   * @param position of the log up to which it must have come
   */
  renew(tenantId: string, protection: string, position: number): Promise<void>;
  /** Takes the tenant's shard out of memory and off the disk, its keys first. Repeatable. */
  forget(tenantId: string): Promise<void>;
  shards(): Promise<ShardStatus[]>;
  /** Shards whose file could not be written when it was last tried; they serve from memory, and it is tried again. */
  unsaved(): number;
  workers(): readonly WorkerLoad[];
  /** Extracts and compares known palms in every worker. Never rejects: a failure is one of its answers. */
  check(deadline: number): Promise<WorkerCheck[]>;
  close(): Promise<void>;
}
