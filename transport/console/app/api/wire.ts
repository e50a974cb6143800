/** What the interface answers, as far as pages show it. A test holds these against the route tables. */

export type Role = 'viewer' | 'operator' | 'tenant_admin' | 'platform_admin';

export interface Me {
  readonly console_user_id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly tenant_id: string | null;
}

export type DeviceStatus = 'registered' | 'paired' | 'suspended' | 'revoked';
export type DeviceClass = 'personal' | 'pos' | 'gate' | 'kiosk';

export interface Device {
  readonly device_id: string;
  readonly device_name: string;
  readonly location: string;
  readonly device_class: DeviceClass;
  readonly bound_product: string | null;
  readonly bound_action: string | null;
  readonly hardware_id: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly serial: string | null;
  readonly status: DeviceStatus;
  readonly online?: boolean;
  readonly paired_at: string | null;
  readonly certificate_expires_at: string | null;
  readonly last_seen_at: string | null;
  readonly created_at: string;
}

export interface PairingCode {
  readonly device_id: string;
  readonly pairing_code: string;
  /** Seconds. */
  readonly expires_in: number;
}

export type UserStatus = 'active' | 'suspended' | 'deleted';
export type ConsentStatus = 'none' | 'granted' | 'withdrawn';
export type KycStatus = 'not_started' | 'pending' | 'verified' | 'rejected' | 'expired';
export type Restriction = 'all' | 'left' | 'right' | 'disable';

export interface Palm {
  readonly feature_id: string;
  readonly palm_type: 'left' | 'right';
  readonly model: string;
  readonly samples: number;
  readonly created_at: string;
}

export interface User {
  readonly user_id: string;
  readonly external_user_id: string | null;
  readonly status: UserStatus;
  readonly palm_enrolled: boolean;
  readonly palms: readonly Palm[];
  readonly palm_restriction: Restriction;
  readonly consent_status: ConsentStatus;
  readonly kyc_status: KycStatus;
  readonly email: string | null;
  readonly mobile: string | null;
  readonly name: string | null;
  readonly created_at: string;
}

export interface Consent {
  readonly user_id: string;
  readonly consent_type: string;
  readonly version: string;
  readonly status: 'granted' | 'withdrawn';
  readonly channel?: string;
  readonly granted_at: string;
  readonly withdrawn_at?: string;
}

export interface ConsentOverview {
  readonly status: ConsentStatus;
  readonly consents: readonly Consent[];
}

export interface Erasure {
  readonly erasure_id: string;
  readonly user_id: string;
  readonly feature_ids: readonly string[];
  readonly status: 'pending' | 'complete';
  readonly requested_at: string;
  readonly completed_at: string | null;
}

export type ChallengeStatus =
  | 'pending'
  | 'presented'
  | 'accepted'
  | 'completed'
  | 'failed'
  | 'expired'
  | 'cancelled';
export type ChallengeType = 'enroll' | 'verify';
export type Hands = 'left' | 'right' | 'both';

export interface MatchResult {
  readonly matched: boolean;
  readonly scores: readonly number[];
  readonly thresholds: readonly number[];
  readonly threshold_version: number;
  readonly match_policy: string;
  readonly confidence: number;
  readonly feature_id?: string;
  readonly latency_ms: number;
  readonly vendor: string;
}

export interface CreatedChallenge {
  readonly challenge_id: string;
  readonly type: ChallengeType;
  readonly external_user_id: string | null;
  readonly hardware_id: string | null;
  readonly palm_type: Hands | null;
  readonly status: ChallengeStatus;
  readonly expires_at: string;
}

export interface Challenge extends CreatedChallenge {
  readonly user_id: string;
  readonly device_id: string;
  readonly created_at: string;
  readonly presented_at?: string;
  readonly accepted_at?: string;
  readonly completed_at?: string;
  readonly attempts: number;
  readonly reason?: string;
  readonly feature_ids?: readonly string[];
  readonly result?: MatchResult;
}

export interface ActivityHour {
  readonly hour: string;
  readonly succeeded: number;
  readonly failed: number;
}

export interface Statistics {
  readonly total_identities: number;
  readonly active_enrollments: number;
  /** 0 to 1. */
  readonly consent_opt_in_rate: number;
  readonly auth_activity: {
    readonly last_24h: number;
    readonly last_7d: number;
    readonly success_rate: number;
    readonly by_hour: readonly ActivityHour[];
  };
  readonly kyc_pipeline: Readonly<Record<KycStatus, number>>;
  readonly user_status: Readonly<Record<UserStatus, number>>;
  readonly devices: { readonly online: number; readonly total: number };
}

export interface TenantRow {
  readonly tenant_id: string;
  readonly name: string;
  readonly status: string;
}
