import type { MatchPolicy } from '../palm/types.ts';
import type { Json, JsonObject } from './common.ts';

export type TenantStatus = 'active' | 'suspended' | 'deactivating' | 'deleted';

export type ConsoleRole = 'platform_admin' | 'tenant_admin' | 'operator' | 'viewer';

export type AuthMethod = 'password' | 'email_otp' | 'mobile_otp';

/** Per-tenant settings; every field has a default in `identity/tenant.ts`. */
export interface TenantConfig {
  /** How users of this tenant may authenticate. */
  readonly authMethods: readonly AuthMethod[];
  readonly consentRequired: boolean;
  readonly kycRequired: boolean;
  readonly kycProvider: string;
  /** The vendor whose templates this tenant's palms are. */
  readonly palmProvider: string;
  /** Off: ordinary events of users and devices are not recorded; administration and warnings always are. */
  readonly auditEnabled: boolean;
  readonly matchPolicy: MatchPolicy;
  /** `flag`: enrolled all the same, and recorded as a warning in the audit log. */
  readonly duplicatePolicy: 'reject' | 'flag' | 'allow';
  readonly qualityMin: number;
  readonly livenessMin: number | null;
  readonly enforceDeviceClass: boolean;
  readonly enrolmentLifeS: number;
  readonly verificationLifeS: number;
  readonly scannerCallsPerSecond: number;
  /** Overrides the deployment's SMS provider and sender. */
  readonly smsProvider: string | null;
  readonly smsSenderId: string | null;
  readonly requestsPerSecond: number;
  readonly requestsBurst: number;
}

export interface TenantRecord {
  readonly tenantId: string;
  readonly name: string;
  readonly region: string | null;
  readonly status: TenantStatus;
  readonly config: TenantConfig;
  /** Sealed 32-byte key of the tenant's protection, see `palm/protection.ts`. */
  readonly rotationKey: Uint8Array;
  /** While templates are re-issued: the sealed key that is to take its place. */
  readonly nextRotationKey: Uint8Array | null;
  readonly version: number;
  readonly createdAt: number;
  /** Last change of the configuration; null: as it was made. */
  readonly configuredAt: number | null;
  /** While it is being deactivated: when it is erased. */
  readonly eraseAt: number | null;
  /** Erasing has begun and cannot be called off; null again once nothing is left to erase. */
  readonly erasingSince: number | null;
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
  readonly deletedAt: number | null;
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

/** Deployment-wide settings by name: `issuer`, `epoch`, `device_policy`, `palm_thresholds`, … */
export interface SettingRecord {
  readonly name: string;
  readonly value: Json;
  readonly version: number;
}

/** Failures counted against a target that can be guessed: a login, a code, an address. */
export interface AttemptRecord {
  readonly target: string;
  readonly failures: number;
  readonly windowStartedAt: number;
  readonly lockedUntil: number | null;
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
