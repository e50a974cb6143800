/** What the interface answers to those who look after the deployment. A test holds these against the route tables. */
import type { Health } from './wire-admin.ts';

export interface PalmMigration {
  readonly migration_id: string;
  readonly status: 'running' | 'completed' | 'failed' | 'rolled_back';
  readonly phase: 'copying' | 'settling' | 'restoring' | 'removing' | 'over';
  /** 0 to 1. */
  readonly min_share: number;
  readonly total: number;
  readonly done: number;
  readonly migrated: number;
  readonly needs_reenrolment: number;
  readonly reason: string | null;
  readonly started_at: string;
  readonly finished_at: string | null;
}

export interface PalmModel {
  readonly model: 'small' | 'large';
  readonly scores: number;
  readonly vendor: string;
  readonly version: string;
  readonly migration: PalmMigration | null;
}

export interface MigrationOutcome {
  readonly tenant_id: string;
  readonly user_id: string;
  readonly outcome: 'migrated' | 'needs_reenrolment';
  readonly reason: string | null;
  readonly decided_at: string;
}

export interface ThresholdsVersion {
  readonly version: number;
  readonly thresholds: readonly number[];
  readonly fused_threshold: number;
  readonly updated_at: string;
  readonly updated_by: string;
}

export interface Thresholds extends ThresholdsVersion {
  readonly history: readonly ThresholdsVersion[];
}

export interface PalmHealth {
  readonly status: Health;
  readonly checked_at: string | null;
  readonly latency_ms: number | null;
  readonly vendor: string;
}

export interface VerificationServer {
  readonly url: string | null;
  readonly api_key_set: boolean;
  readonly timeout_ms: number;
  readonly health: {
    readonly status: Health;
    readonly latency_ms: number | null;
    readonly message: string | null;
  };
}

export interface TlsStatus {
  readonly server_cert_configured: boolean;
  readonly platform_ca_configured: boolean;
  readonly setup_complete: boolean;
  readonly https: boolean;
  readonly restart_pending: boolean;
}

export interface Certificate {
  readonly issuer: string;
  readonly subject: string;
  readonly names: readonly string[];
  readonly expiry: string;
  readonly days_remaining: number;
  /** SHA-256, hex. */
  readonly fingerprint: string;
  readonly key_type: string;
  /** PEM. */
  readonly certificate: string;
}

export interface PlatformCa extends Certificate {
  readonly generation: number;
  readonly device_certificates: number;
  readonly still_trusted: readonly number[];
}

export interface DevicePolicy {
  readonly validity_days: number;
  readonly renewal_window_days: number;
}
