/**
 * The rows of PostgreSQL, one interface a table. Times are epoch milliseconds (timestamptz in SQL), columns are
 * the snake_case of the field names, `Uint8Array` is bytea, objects are jsonb. `version` counts the changes of a
 * row and guards compare-and-set updates.
 */
import type { Hand, HandSelection, MatchPolicy, MatchResult } from './palm/types.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type TenantStatus = 'active' | 'suspended' | 'deactivating' | 'deleted';
export type UserStatus = 'active' | 'suspended' | 'deleted';
export type DeviceStatus = 'registered' | 'paired' | 'suspended' | 'revoked';
export type DeviceClass = 'personal' | 'pos' | 'gate' | 'kiosk';
export type ConsentStatus = 'none' | 'granted' | 'withdrawn';
export type ConsoleRole = 'platform_admin' | 'tenant_admin' | 'operator' | 'viewer';
export type ChallengeType = 'enroll' | 'verify';
export type ChallengeStatus =
  | 'pending'
  | 'presented'
  | 'accepted'
  | 'completed'
  | 'failed'
  | 'expired'
  | 'cancelled';
export type PalmRestriction = 'all' | 'left' | 'right' | 'disable';
export type WebhookStatus = 'active' | 'disabled';
export type DeliveryStatus = 'pending' | 'delivered' | 'failed';

/** Per-tenant settings; every field has a default in `identity/tenant.ts`. */
export interface TenantConfig {
  readonly consentRequired: boolean;
  readonly matchPolicy: MatchPolicy;
  readonly duplicatePolicy: 'reject' | 'allow';
  readonly qualityMin: number;
  readonly livenessMin: number | null;
  readonly enforceDeviceClass: boolean;
  readonly requestsPerSecond: number;
  readonly requestsBurst: number;
}

export interface TenantRecord {
  readonly tenantId: string;
  readonly name: string;
  readonly region: string | null;
  readonly status: TenantStatus;
  readonly config: TenantConfig;
  /** Sealed 32-byte key of the tenant's vector rotation (PALM: protection). */
  readonly rotationKey: Uint8Array;
  readonly version: number;
  readonly createdAt: number;
}

/** One row a tenant: the heads of its gapless logs, taken once a group commit. */
export interface TenantHeadRecord {
  readonly tenantId: string;
  readonly auditSeq: number;
  readonly auditHash: Uint8Array;
  readonly palmPosition: number;
}

export interface ConsoleUserRecord {
  readonly consoleUserId: string;
  /** Null for platform administrators. */
  readonly tenantId: string | null;
  readonly email: string;
  readonly name: string | null;
  readonly role: ConsoleRole;
  readonly passwordHash: string;
  readonly status: 'active' | 'removed';
  readonly version: number;
  readonly createdAt: number;
}

export interface ConsoleSessionRecord {
  /** SHA-256 of the cookie value. */
  readonly sessionHash: Uint8Array;
  readonly consoleUserId: string;
  readonly csrfHash: Uint8Array;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface ClientRecord {
  readonly clientId: string;
  readonly tenantId: string;
  readonly name: string;
  /** SHA-256 of the secret: it has 256 bits of entropy, so a slow hash would only slow the token route. */
  readonly secretHash: Uint8Array;
  readonly scopes: readonly string[];
  readonly status: 'active' | 'deleted';
  readonly version: number;
  readonly createdAt: number;
}

export interface SigningKeyRecord {
  readonly kid: string;
  readonly alg: 'RS256' | 'ES256';
  readonly publicJwk: JsonObject;
  /** Sealed PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  readonly createdAt: number;
  readonly signsFrom: number;
  readonly signsUntil: number;
  readonly verifiesUntil: number;
}

export interface CertificateAuthorityRecord {
  readonly generation: number;
  readonly certificatePem: string;
  /** Sealed PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  readonly createdAt: number;
  readonly retiredAt: number | null;
}

/** Deployment-wide settings by name: `issuer`, `epoch`, `device_policy`, `palm_thresholds`, … */
export interface SettingRecord {
  readonly name: string;
  readonly value: Json;
  readonly version: number;
}

export interface UserRecord {
  readonly userId: string;
  readonly tenantId: string;
  readonly externalUserId: string | null;
  readonly email: string | null;
  readonly mobile: string | null;
  readonly name: string | null;
  readonly metadata: JsonObject;
  readonly status: UserStatus;
  readonly consentStatus: ConsentStatus;
  readonly palmRestriction: PalmRestriction;
  readonly version: number;
  readonly createdAt: number;
  readonly deletedAt: number | null;
}

export interface DeviceRecord {
  readonly deviceId: string;
  readonly tenantId: string;
  readonly deviceName: string;
  readonly location: string;
  readonly deviceClass: DeviceClass;
  readonly boundProduct: string | null;
  readonly boundAction: string | null;
  /** Assigned by the scanner when it pairs. */
  readonly hardwareId: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly serial: string | null;
  readonly status: DeviceStatus;
  readonly pairedAt: number | null;
  readonly certificateExpiresAt: number | null;
  readonly lastSeenAt: number | null;
  /** Sequence of the last push, see {@link DeviceOutboxRecord}. */
  readonly seq: number;
  readonly version: number;
  readonly createdAt: number;
}

export interface PairingCodeRecord {
  readonly codeHash: Uint8Array;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly expiresAt: number;
  readonly usedAt: number | null;
}

export interface CertificateRecord {
  /** Lower-case hex SHA-256 of the DER certificate. */
  readonly fingerprint: string;
  /** Lower-case hex serial number. */
  readonly serial: string;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly generation: number;
  readonly notBefore: number;
  readonly notAfter: number;
  /** From this moment the certificate is refused; null while it stands. */
  readonly deniedAt: number | null;
  readonly denyReason: 'revoked' | 'superseded' | null;
}

export interface ChallengeRecord {
  readonly challengeId: string;
  readonly tenantId: string;
  readonly type: ChallengeType;
  readonly userId: string;
  readonly externalUserId: string | null;
  readonly deviceId: string;
  readonly hardwareId: string | null;
  /** Null: any enrolled hand will do (verification only). */
  readonly palmType: HandSelection | null;
  readonly replace: boolean;
  readonly status: ChallengeStatus;
  readonly metadata: JsonObject | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly presentedAt: number | null;
  readonly acceptedAt: number | null;
  readonly completedAt: number | null;
  /** Technical failures so far. */
  readonly attempts: number;
  /** Why it failed or was cancelled; an error code or a device's reason. */
  readonly reason: string | null;
  readonly result: MatchResult | null;
  /** Palms of a completed enrolment. */
  readonly featureIds: readonly string[] | null;
  readonly idempotencyKey: string | null;
  /** SHA-256 over the canonical scans, so that a byte-identical repeat is recognised without keeping them. */
  readonly scanDigest: Uint8Array | null;
  readonly version: number;
}

export interface DeviceOutboxRecord {
  readonly deviceId: string;
  readonly seq: number;
  readonly tenantId: string;
  readonly method: string;
  readonly params: JsonObject;
  readonly createdAt: number;
}

export interface IdempotencyRecord {
  readonly tenantId: string;
  /** Whose key it is: `device/<id>` or `client/<id>`. */
  readonly scope: string;
  readonly key: string;
  readonly requestDigest: Uint8Array;
  readonly reply: JsonObject;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A palm (`feature_id`): one hand of one user, with one to a few templates in the palm log. */
export interface PalmRecord {
  readonly palmId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly hand: Hand;
  readonly model: string;
  readonly samples: number;
  readonly deviceId: string | null;
  readonly createdAt: number;
}

/**
 * The gapless template log of a tenant. `add` carries one sealed template; `remove` names a palm whose templates
 * are gone. Erasing a palm sets `sealed` of its `add` rows to null, so positions stay gapless.
 */
export interface PalmLogRecord {
  readonly tenantId: string;
  readonly position: number;
  readonly operation: 'add' | 'remove';
  readonly palmId: string;
  readonly userId: string;
  readonly hand: Hand;
  readonly sample: number;
  readonly sealed: Uint8Array | null;
}

/** A proof that a palm was erased; complete once every shard file without it is on disk. */
export interface ErasureRecord {
  readonly erasureId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly palmIds: readonly string[];
  readonly status: 'pending' | 'complete';
  /** Shard files covering at least this log position are free of the palms. */
  readonly palmPosition: number;
  readonly requestedAt: number;
  readonly completedAt: number | null;
}

export interface AuditRecord {
  readonly tenantId: string;
  readonly seq: number;
  readonly eventType: string;
  readonly severity: 'info' | 'warning' | 'high';
  /** `client/<id>`, `console/<id>`, `device/<id>` or `engine`. */
  readonly actor: string;
  readonly userId: string | null;
  readonly at: number;
  readonly details: JsonObject;
  readonly hash: Uint8Array;
}

export interface WebhookRecord {
  readonly webhookId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly endpoint: string;
  readonly events: readonly string[];
  readonly status: WebhookStatus;
  /** Sealed signing secret (the part after `whsec_`, decoded). */
  readonly secret: Uint8Array;
  /** Sealed value of X-API-Key. */
  readonly apiKey: Uint8Array | null;
  readonly version: number;
  readonly createdAt: number;
}

/** One event, its body fixed byte for byte when it was decided. */
export interface WebhookEventRecord {
  /** `evt_` and 32 hex digits. */
  readonly eventId: string;
  readonly tenantId: string;
  readonly eventType: string;
  readonly body: string;
  readonly createdAt: number;
}

/** One event to one endpoint. */
export interface DeliveryRecord {
  /** `del_` and a UUID. */
  readonly deliveryId: string;
  readonly tenantId: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly nextAttemptAt: number;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: number;
  readonly deliveredAt: number | null;
}

/** Failures counted against a target that can be guessed: a login, a code, an address. */
export interface AttemptRecord {
  readonly target: string;
  readonly failures: number;
  readonly windowStartedAt: number;
  readonly lockedUntil: number | null;
}

/** Device-initiated transactions, as history. The scan is never kept. */
export interface TransactionRecord {
  readonly transactionId: string;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly userId: string | null;
  readonly decision: 'allow' | 'deny' | 'not_recognized';
  readonly result: MatchResult | null;
  readonly context: JsonObject;
  readonly createdAt: number;
}

export interface Tables {
  tenants: TenantRecord;
  tenantHeads: TenantHeadRecord;
  consoleUsers: ConsoleUserRecord;
  consoleSessions: ConsoleSessionRecord;
  clients: ClientRecord;
  signingKeys: SigningKeyRecord;
  certificateAuthorities: CertificateAuthorityRecord;
  settings: SettingRecord;
  users: UserRecord;
  devices: DeviceRecord;
  pairingCodes: PairingCodeRecord;
  certificates: CertificateRecord;
  challenges: ChallengeRecord;
  deviceOutbox: DeviceOutboxRecord;
  idempotency: IdempotencyRecord;
  palms: PalmRecord;
  palmLog: PalmLogRecord;
  erasures: ErasureRecord;
  audit: AuditRecord;
  webhooks: WebhookRecord;
  webhookEvents: WebhookEventRecord;
  deliveries: DeliveryRecord;
  attempts: AttemptRecord;
  transactions: TransactionRecord;
}
export type TableName = keyof Tables;
