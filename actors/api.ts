/**
 * The only door for transport: what the engine can be asked to do. Every function validates business rules,
 * commits before it resolves, and rejects with ThenarError. Shapes are the domain's (camelCase, epoch
 * milliseconds); each API family maps them to its own wire.
 */

import type { HandSelection, MatchResult, Scan } from '../engine/palm/types.ts';
import type { ShardStatus } from '../engine/ports.ts';
import type {
  ChallengeRecord,
  ConsoleRole,
  DeviceClass,
  DeviceRecord,
  ErasureRecord,
  JsonObject,
  PalmRecord,
  TenantConfig,
  TenantRecord,
  UserRecord,
  WebhookRecord,
} from '../engine/records.ts';
import type { Call, ClientCaller, ConsoleCaller, DeviceCall, TenantCall } from './calls.ts';
import type { ChainReport } from './commands/audit.ts';
import type { DeviceLink, SessionOpened } from './device/protocol.ts';
import type { ActorDetail, ActorInfo, DeadLetter } from './kernel/types.ts';

/** Names a user by either identifier. Exactly one is set. */
export type UserReference = { readonly userId: string } | { readonly externalUserId: string };
/** Names a device by either identifier. Exactly one is set. */
export type DeviceReference = { readonly deviceId: string } | { readonly hardwareId: string };

export interface UserView extends UserRecord {
  readonly palms: readonly PalmRecord[];
}

export interface CreateTenant {
  readonly name: string;
  readonly adminEmail: string;
  readonly region?: string | null;
  readonly config?: Partial<TenantConfig>;
}

export interface CreateUser {
  readonly externalUserId?: string;
  readonly email?: string;
  readonly mobile?: string;
  readonly name?: string;
  readonly metadata?: JsonObject;
}

export interface RegisterDevice {
  readonly deviceName: string;
  readonly location: string;
  readonly deviceClass?: DeviceClass;
  readonly boundProduct?: string | null;
  readonly boundAction?: string | null;
}

export interface PairDevice {
  readonly pairingCode: string;
  readonly csr: string;
  readonly deviceInfo: {
    readonly model?: string;
    readonly firmware?: string;
    readonly serial?: string;
    readonly hardwareId: string;
  };
}

export interface IssuedCertificate {
  readonly deviceId: string;
  readonly certificatePem: string;
  readonly caChainPem: string;
  readonly expiresAt: number;
  readonly status: DeviceRecord['status'];
}

export interface CreateEnrolment {
  readonly user: UserReference;
  readonly device: DeviceReference;
  readonly palmType: HandSelection;
  readonly replace?: boolean;
  readonly expiresInS?: number;
  readonly metadata?: JsonObject | null;
}

export interface CreateVerification {
  readonly user: UserReference;
  readonly device: DeviceReference;
  readonly palmType?: HandSelection;
  readonly expiresInS?: number;
  readonly metadata?: JsonObject | null;
}

export interface CompleteChallenge {
  readonly challengeId: string;
  readonly scans: readonly Scan[];
  readonly idempotencyKey?: string;
}

export interface CreateTransaction {
  readonly scan: Scan;
  readonly context: JsonObject;
  readonly idempotencyKey: string;
}

export interface TransactionReply {
  readonly decision: 'allow' | 'deny' | 'not_recognized';
  readonly displayMessage: string;
  readonly productReference: string | null;
  readonly status: 'completed';
}

export interface CreateWebhook {
  readonly name: string;
  readonly endpoint: string;
  readonly events: readonly string[];
  readonly apiKey?: string | null;
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly total: number;
}
export interface PageQuery {
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
}

export interface EngineApi {
  readonly auth: {
    /** client_credentials. @throws invalid_client, tenant_suspended */
    issueToken(
      call: Call,
      input: { clientId: string; clientSecret: string },
    ): Promise<{ accessToken: string; expiresInS: number }>;
    /** From the verified-token cache where possible. @throws invalid_token, tenant_suspended */
    authenticateToken(token: string): Promise<ClientCaller>;
    jwks(): JsonObject;
    /** @throws invalid_credentials, too_many_attempts */
    login(
      call: Call,
      input: { email: string; password: string },
    ): Promise<{
      cookie: string;
      csrfToken: string;
      role: ConsoleRole;
      tenantId: string | null;
      expiresInS: number;
    }>;
    logout(call: Call, caller: ConsoleCaller): Promise<void>;
    /** @throws unauthenticated when the session is unknown or over */
    authenticateSession(cookie: string): Promise<ConsoleCaller>;
    /** Constant-time comparison of the session's CSRF token. */
    checkCsrf(caller: ConsoleCaller, token: string): boolean;
    me(caller: ConsoleCaller): Promise<{
      consoleUserId: string;
      email: string;
      name: string | null;
      role: ConsoleRole;
      tenantId: string | null;
    }>;
    /**
     * Synchronous, from memory, on every connection and message: does this certificate stand?
     * `code` is what to answer when it does not.
     */
    authenticateDevice(fingerprint: string):
      | { readonly ok: true; readonly tenantId: string; readonly deviceId: string }
      | {
          readonly ok: false;
          readonly code:
            | 'device_certificate_invalid'
            | 'device_certificate_revoked'
            | 'tenant_suspended'
            | 'device_suspended';
          /**
           * The device itself replaced this certificate by a newer one that stands: no new connection with it, but
           * a session that is open already goes on (CONTRACT: the live socket stays).
           */
          readonly superseded?: boolean;
        };
  };
  readonly tenants: {
    create(
      call: Call,
      input: CreateTenant,
    ): Promise<{ tenant: TenantRecord; admin: { email: string; password: string } }>;
    /** Read-only view from memory. @throws tenant_not_found */
    get(tenantId: string): Promise<TenantRecord>;
    list(query: PageQuery): Promise<Page<TenantRecord & { readonly identityCount: number }>>;
    /** Status change by a platform administrator. */
    setStatus(call: Call, tenantId: string, status: 'active' | 'suspended'): Promise<TenantRecord>;
  };
  readonly clients: {
    create(
      call: TenantCall,
      input: { name: string; scopes?: readonly string[] },
    ): Promise<{ clientId: string; clientSecret: string; name: string; scopes: readonly string[] }>;
  };
  readonly users: {
    /** `created` is false when the external_user_id exists already: the same user is returned. */
    create(call: TenantCall, input: CreateUser): Promise<{ user: UserView; created: boolean }>;
    get(call: TenantCall, user: UserReference): Promise<UserView>;
    /** Erases palms, keys and personal fields. */
    remove(call: TenantCall, user: UserReference): Promise<ErasureRecord>;
    erasure(call: TenantCall, erasureId: string): Promise<ErasureRecord>;
  };
  readonly devices: {
    register(
      call: TenantCall,
      input: RegisterDevice,
    ): Promise<{ device: DeviceRecord; pairingCode: string; expiresInS: number }>;
    list(
      call: TenantCall,
      query: PageQuery & { status?: string; deviceClass?: string; online?: boolean },
    ): Promise<Page<DeviceRecord & { readonly online: boolean }>>;
    get(call: TenantCall, device: DeviceReference): Promise<DeviceRecord & { readonly online: boolean }>;
    update(call: TenantCall, deviceId: string, input: Partial<RegisterDevice>): Promise<DeviceRecord>;
    revoke(call: TenantCall, deviceId: string): Promise<void>;
    /** Unauthenticated; attempt-limited by address and deployment. */
    pair(call: Call, input: PairDevice): Promise<IssuedCertificate>;
    renew(call: DeviceCall, input: { csr: string }): Promise<IssuedCertificate>;
    /** A report of the device itself (firmware, battery, …). */
    report(call: DeviceCall, input: JsonObject): Promise<void>;
    /** DER of the current certificate revocation list, and the CA chain as PEM. */
    crl(): Promise<Uint8Array>;
    caPem(): string;
  };
  readonly challenges: {
    enrol(call: TenantCall, input: CreateEnrolment): Promise<ChallengeRecord>;
    verify(call: TenantCall, input: CreateVerification): Promise<ChallengeRecord>;
    /** From the live actor's published view when there is one. */
    get(call: TenantCall, challengeId: string): Promise<ChallengeRecord>;
    list(
      call: TenantCall,
      query: PageQuery & { status?: string; type?: string; deviceId?: string; userId?: string },
    ): Promise<Page<ChallengeRecord>>;
    /** Device plane. */
    pending(call: DeviceCall): Promise<readonly ChallengeRecord[]>;
    accept(call: DeviceCall, challengeId: string): Promise<ChallengeRecord>;
    reject(call: DeviceCall, challengeId: string, reason: string): Promise<ChallengeRecord>;
    complete(call: DeviceCall, input: CompleteChallenge): Promise<ChallengeRecord>;
  };
  readonly transactions: {
    create(call: DeviceCall, input: CreateTransaction): Promise<TransactionReply>;
  };
  readonly palms: {
    /** Enrolment started by the device for a user it knows. */
    enrol(
      call: DeviceCall,
      input: { userId: string; scans: readonly Scan[] },
    ): Promise<{ featureIds: readonly string[]; consentStatus: string }>;
  };
  readonly webhooks: {
    create(call: TenantCall, input: CreateWebhook): Promise<{ webhook: WebhookRecord; secret: string }>;
    list(call: TenantCall): Promise<readonly WebhookRecord[]>;
    remove(call: TenantCall, webhookId: string): Promise<void>;
  };
  /** The scanner socket. `link` is how the device's actor reaches the socket. */
  readonly sessions: {
    open(
      call: DeviceCall,
      link: DeviceLink,
      resume: { epoch?: string; lastSeq?: number },
    ): Promise<SessionOpened>;
    acknowledge(call: DeviceCall, sessionId: string, seq: number): void;
    closed(call: DeviceCall, sessionId: string): void;
    /** Closes every live socket with 1012 during the drain. */
    closeAll(code: number, reason: string): void;
    connections(): readonly {
      readonly tenantId: string;
      readonly deviceId: string;
      readonly since: number;
    }[];
  };
  readonly ops: {
    actors(filter: {
      kind?: string;
      tenant?: string;
      sort?: 'depth' | 'age' | 'failed' | 'restarts' | 'active';
      limit: number;
    }): ActorInfo[];
    actor(kind: string, key: string): ActorDetail | null;
    operate(kind: string, key: string, action: 'passivate' | 'restart' | 'snapshot'): Promise<boolean>;
    deadLetters(): { readonly total: number; readonly recent: readonly DeadLetter[] };
    counts(): Readonly<Record<string, number>>;
    shards(): Promise<readonly ShardStatus[]>;
    /** Verifies every tenant's audit chain from its first record. */
    verifyAudit(): Promise<readonly ChainReport[]>;
    /** Each dependency by name; `ok` false on a required one means not ready. */
    readiness(): Promise<{
      readonly ready: boolean;
      readonly checks: Readonly<Record<string, { ok: boolean; required: boolean; detail?: string }>>;
    }>;
  };
}

export type { MatchResult };
