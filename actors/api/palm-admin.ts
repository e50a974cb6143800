/** Platform administration of palm recognition: thresholds, vendor, models, verification server, migration. */
import type { PalmModel } from '../../engine/palm/types.ts';
import type {
  JsonObject,
  MigrationPhase,
  MigrationStatus,
  PalmMigrationUserRecord,
  PalmThresholdsRecord,
} from '../../engine/records.ts';
import type { Call } from '../calls.ts';
import type { Page, PageQuery } from './common.ts';

export interface ThresholdsView {
  readonly active: PalmThresholdsRecord;
  /** Newest first, the active one included; the last `limits.thresholds_shown_max`. */
  readonly history: readonly PalmThresholdsRecord[];
}

/** New values, or those of an earlier version again. */
export type SetThresholds =
  | { readonly thresholds: readonly number[]; readonly fused?: number }
  | { readonly version: number };

export type HealthStatus = 'unknown' | 'healthy' | 'degraded' | 'unhealthy';

export interface PalmHealth {
  readonly status: HealthStatus;
  readonly checkedAt: number | null;
  /** Of the slowest worker. */
  readonly latencyMs: number | null;
  readonly vendor: string;
  readonly details: JsonObject;
}

export interface MigrationView {
  readonly migrationId: string;
  readonly status: MigrationStatus;
  readonly phase: MigrationPhase;
  readonly minShare: number;
  readonly total: number;
  readonly done: number;
  readonly migrated: number;
  readonly needsReenrolment: number;
  readonly reason: string | null;
  readonly startedAt: number;
  readonly startedBy: string;
  readonly finishedAt: number | null;
}

export interface PalmModelView {
  readonly model: PalmModel;
  readonly scores: number;
  readonly vendor: string;
  readonly version: string;
  /** The last one; null when there never was one. */
  readonly migration: MigrationView | null;
}

export interface ServerHealth {
  readonly status: HealthStatus;
  readonly latencyMs: number | null;
  readonly vendor: string | null;
  /** What is wrong. */
  readonly message: string | null;
}

export interface VerificationServerView {
  readonly url: string | null;
  readonly apiKeySet: boolean;
  readonly timeoutMs: number;
  readonly updatedAt: number | null;
  readonly updatedBy: string | null;
  /** As of now when it was just set, else as of the last check. */
  readonly health: ServerHealth;
}

export interface SetVerificationServer {
  readonly url?: string;
  /** Null removes it. */
  readonly apiKey?: string | null;
  readonly timeoutMs?: number;
}

export interface PalmAdminApi {
  thresholds(): Promise<ThresholdsView>;
  /** @throws validation_failed for another number of values than the active model has scores, not_found, version_conflict */
  setThresholds(call: Call, input: SetThresholds): Promise<ThresholdsView>;
  health(): Promise<PalmHealth>;
  model(): Promise<PalmModelView>;
  verificationServer(): Promise<VerificationServerView>;
  /** Set whether it answers or not; the view says which. @throws validation_failed, version_conflict */
  setVerificationServer(call: Call, input: SetVerificationServer): Promise<VerificationServerView>;
  /** Starts, or goes on with one that failed. @throws verification_server_unset, palm_migration_refused */
  migrate(call: Call, input: { readonly minShare?: number }): Promise<PalmModelView>;
  /** Back to the small model. @throws palm_migration_refused */
  rollBack(call: Call): Promise<PalmModelView>;
  /** Of the last migration, user by user. */
  outcomes(
    query: PageQuery & { readonly outcome?: PalmMigrationUserRecord['outcome'] },
  ): Promise<Page<PalmMigrationUserRecord>>;
}
