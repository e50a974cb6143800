import type { Hand, PalmModel } from '../palm/types.ts';

/** One version of a model's thresholds. Versions are only ever added; the highest is the one in force. */
export interface PalmThresholdsRecord {
  readonly model: PalmModel;
  readonly version: number;
  readonly thresholds: readonly number[];
  /** Threshold of the fused score, for match policy `fused`. */
  readonly fused: number;
  readonly createdAt: number;
  /** `console/<id>`, or `engine` for the values that ship. */
  readonly createdBy: string;
}

/** Value of the setting `verification_server`. */
export interface VerificationServerSetting {
  /** Without a slash at its end. */
  readonly url: string;
  /** Sealed, in base64. */
  readonly apiKey: string | null;
  readonly timeoutMs: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  /** Of the settings row, so that two changes at once do not hide each other. */
  readonly version: number;
}

export type MigrationStatus = 'running' | 'completed' | 'failed' | 'rolled_back';

/**
 * What a migration is doing. Forward: `copying` templates in, then `settling`: the large model is active and the
 * small palms go. Backward: `restoring` small palms, then `removing`: the small model is active and the templates go.
 */
export type MigrationPhase = 'copying' | 'settling' | 'restoring' | 'removing' | 'over';

/** One migration from the small to the large palm model. */
export interface PalmMigrationRecord {
  readonly migrationId: string;
  readonly status: MigrationStatus;
  readonly phase: MigrationPhase;
  /** The model is switched when at least this share of users was migrated, in [0, 1]. */
  readonly minShare: number;
  /** Users with palms of the small model when the migration began. */
  readonly total: number;
  /** The last palm looked at in this pass; null at the start of a pass. */
  readonly cursor: string | null;
  /** Users decided in this pass; a pass without any ends the copying. */
  readonly passed: number;
  /** Why it failed. */
  readonly reason: string | null;
  readonly startedAt: number;
  readonly startedBy: string;
  readonly finishedAt: number | null;
  readonly version: number;
}

/** What a migration decided for one user. */
export interface PalmMigrationUserRecord {
  readonly migrationId: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly outcome: 'migrated' | 'needs_reenrolment';
  /** An error code; null for `migrated`. */
  readonly reason: string | null;
  /** Palms of the large model that were made. */
  readonly palmIds: readonly string[];
  readonly at: number;
}

/** A palm of the small model as it was before the migration, for a roll-back. */
export interface PalmMigrationPalmRecord {
  readonly palmId: string;
  readonly migrationId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly hand: Hand;
  readonly reference: string;
  readonly deviceId: string | null;
  readonly createdAt: number;
}
