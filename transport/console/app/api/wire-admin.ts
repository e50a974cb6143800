/** What the interface answers to those who set it up. A test holds these against the route tables. */
import type { Role } from './wire.ts';

export interface OAuthClient {
  readonly client_id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: string;
}

export interface ClientSecret {
  readonly client_id: string;
  readonly client_secret: string;
}

export interface Webhook {
  readonly webhook_id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly events: readonly string[];
  readonly status: 'active' | 'disabled';
  readonly created_at: string;
  readonly previous_secret_until?: string;
}

export interface Delivery {
  readonly delivery_id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly created_at: string;
  readonly delivered_at: string | null;
  readonly next_attempt_at?: string;
}

export interface Replayed {
  readonly replayed: number;
}

export type Health = 'unknown' | 'healthy' | 'degraded' | 'unhealthy';

export interface LinkedService {
  readonly linked_service_id: string;
  readonly product_key: string;
  readonly base_url: string;
  readonly authorize_path: string;
  readonly health_path: string | null;
  readonly timeout_ms: number;
  readonly fail_mode: 'deny' | 'allow';
  readonly health_status: Health;
  readonly last_health_check_at: string | null;
  readonly breaker: {
    readonly state: 'closed' | 'open' | 'half_open';
    readonly failures?: number;
    readonly retry_at?: string;
  };
}

export interface AuditEntry {
  readonly seq: number;
  readonly event_type: string;
  readonly severity: 'info' | 'warning' | 'high';
  readonly actor: string;
  readonly user_id: string | null;
  readonly created_at: string;
  readonly details: object;
  /** Lower-case hex. */
  readonly hash: string;
}

export interface Person {
  readonly console_user_id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly created_at: string;
}

export interface Tenant {
  readonly tenant_id: string;
  readonly name: string;
  readonly region: string | null;
  readonly status: 'active' | 'suspended' | 'deactivating' | 'deleted';
  readonly created_at: string;
  readonly erase_at?: string;
}

export interface ListedTenant extends Tenant {
  readonly identity_count: number;
}

export interface CreatedTenant extends Tenant {
  readonly admin: { readonly email: string; readonly password: string };
}

export interface Verification {
  readonly status: 'going' | 'stands' | 'broken';
  readonly records: number;
  readonly checkpoints: number;
  readonly total: number;
  /** Where to go on, while it is going. */
  readonly next: string | null;
  readonly fault: { readonly seq: number; readonly reason: string } | null;
}

export interface TenantConfig {
  readonly auth_methods: readonly string[];
  readonly consent_required: boolean;
  readonly kyc_required: boolean;
  readonly kyc_provider: string;
  readonly palm_provider: string;
  readonly audit_enabled: boolean;
  readonly match_policy: string;
  readonly duplicate_policy: string;
  readonly quality_min: number;
  readonly liveness_min: number | null;
  readonly enforce_device_class: boolean;
  readonly enrolment_life_s: number;
  readonly verification_life_s: number;
  readonly scanner_calls_per_second: number;
  readonly requests_per_second: number;
  readonly requests_burst: number;
  readonly sms_provider: string | null;
  readonly sms_sender_id: string | null;
}

export interface IdentityProvider {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks_url: string | null;
  readonly jwks: object | null;
  readonly read_scopes: readonly string[];
  readonly write_scopes: readonly string[];
  readonly updated_at: string;
}
