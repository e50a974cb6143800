/** Who calls, as transport established it. Tenancy comes from here and from nowhere else. */
import type { Span } from '../engine/ports.ts';
import type { ConsoleRole } from '../engine/records.ts';

/** Scopes an OAuth client may hold. A client made without scopes has all of them. */
export const scopes = [
  'users:read',
  'users:write',
  'devices:read',
  'devices:write',
  'challenges:read',
  'challenges:write',
  'consent:read',
  'consent:write',
  'kyc:read',
  'kyc:write',
  'webhooks:read',
  'webhooks:write',
] as const;
export type Scope = (typeof scopes)[number];

export interface ClientCaller {
  readonly kind: 'client';
  readonly tenantId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
}

/** An end user who signed in through a client. */
export interface UserCaller {
  readonly kind: 'user';
  readonly tenantId: string;
  readonly userId: string;
  readonly clientId: string;
  readonly sessionId: string;
}

/** What a token may be used for in the Wallet family, as the tenant's identity provider says it. */
export const walletScopes = ['wallet:read', 'wallet:write'] as const;
export type WalletScope = (typeof walletScopes)[number];

/** Whoever a token of the tenant's identity provider speaks for; or an end user of ours, with a token of ours. */
export interface WalletCaller {
  readonly kind: 'wallet';
  readonly tenantId: string;
  readonly issuer: string;
  /** The token's `sub`. */
  readonly subject: string;
  /** Null: not registered yet. */
  readonly userId: string | null;
  readonly scopes: readonly WalletScope[];
}

export interface ConsoleCaller {
  readonly kind: 'console';
  readonly consoleUserId: string;
  readonly role: ConsoleRole;
  /** Null for a platform administrator. */
  readonly tenantId: string | null;
  readonly csrfHash: Uint8Array;
  readonly sessionHash: Uint8Array;
}

export interface DeviceCaller {
  readonly kind: 'device';
  readonly tenantId: string;
  readonly deviceId: string;
  /** Lower-case hex SHA-256 of the certificate that the connection presented. */
  readonly fingerprint: string;
}

export interface AnonymousCaller {
  readonly kind: 'anonymous';
}

export type Caller =
  | ClientCaller
  | UserCaller
  | WalletCaller
  | ConsoleCaller
  | DeviceCaller
  | AnonymousCaller;

/** One call on its way through the engine. */
export interface Call {
  readonly requestId: string;
  /** Remote address, for attempt limits and the audit log. */
  readonly address: string;
  /** `Clock.monotonic()` milliseconds; travels from the request to the worker. */
  readonly deadline: number;
  /** For the audit log: `client/<id>`, `user/<id>`, `console/<id>`, `device/<id>`, `anonymous`. */
  readonly actor: string;
  /** Under which its work hangs. */
  readonly span: Span;
}

/** A call on behalf of one tenant. */
export interface TenantCall extends Call {
  readonly tenantId: string;
}

/** A call of an end user. */
export interface UserCall extends TenantCall {
  readonly userId: string;
}

/** A call of whoever a token of an identity provider speaks for, registered as a user or not. */
export interface SubjectCall extends TenantCall {
  readonly issuer: string;
  readonly subject: string;
  readonly userId: string | null;
}

/** A call of an authenticated device. */
export interface DeviceCall extends TenantCall {
  readonly deviceId: string;
  readonly fingerprint: string;
}
