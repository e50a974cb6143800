/** What operators see and do. */
import type { KeptMessage } from '../../engine/outbound/development.ts';
import type { Phase } from '../../engine/phases.ts';
import type { DatabaseHealth, ShardStatus, WorkerLoad } from '../../engine/ports.ts';
import type { Breaker } from '../../engine/services/breaker.ts';
import type { ActorDetail, ActorInfo, DeadLetter, KernelSurvey } from '../kernel/types.ts';
import type { VerifyStep } from './audit.ts';

export interface Dependencies {
  /** `down`: whatever must be stored is answered 503; what memory holds goes on. */
  readonly database: DatabaseHealth;
  /** `down`: actors that come into memory load from the database alone, which is slower. */
  readonly snapshots: 'ok' | 'down';
  /** Shards whose file could not be written when it was last tried: they serve from memory. */
  readonly unsavedShards: number;
  /** Milliseconds by which the machine's clock is behind what it said before. */
  readonly clockBehindMs: number;
}

export interface EngineSurvey {
  readonly kernel: KernelSurvey;
  readonly workers: readonly WorkerLoad[];
  /** Linked services whose actor is or was in memory, by the state of their breaker. */
  readonly breakers: Readonly<Record<Breaker['state'], number>>;
}

export interface OpsApi {
  actors(filter: {
    kind?: string;
    tenant?: string;
    sort?: 'depth' | 'age' | 'failed' | 'restarts' | 'active';
    limit: number;
  }): Promise<ActorInfo[]>;
  /** Null when there is no such tenant (any more). Detached: it may be passed on by itself. */
  readonly tenantName: (tenantId: string) => string | null;
  actor(kind: string, key: string): ActorDetail | null;
  operate(kind: string, key: string, action: 'passivate' | 'restart' | 'snapshot'): Promise<boolean>;
  deadLetters(): { readonly total: number; readonly recent: readonly DeadLetter[] };
  counts(): Readonly<Record<string, number>>;
  /** What metrics tell of actors, match workers and linked services. */
  survey(): Promise<EngineSurvey>;
  /** What the start of this process spent its time on. */
  start(): readonly Phase[];
  shards(): Promise<readonly ShardStatus[]>;
  /** Messages that nothing is configured to send, newest first. */
  outbox(): Promise<readonly KeptMessage[]>;
  /** Verifies every audit chain from its first record, one after the other. */
  verifyAudit(): AsyncIterable<VerifyStep>;
  /** How what the engine stands on does. Never rejects, and answers within `limits.database_health_ms`. */
  dependencies(): Promise<Dependencies>;
  /** Each dependency by name; `ok` false on a required one means not ready. */
  readiness(): Promise<{
    readonly ready: boolean;
    readonly checks: Readonly<Record<string, { ok: boolean; required: boolean; detail?: string }>>;
  }>;
}
