import type { JsonObject } from './common.ts';

/** The password of an end user. */
export interface UserCredentialRecord {
  readonly userId: string;
  readonly tenantId: string;
  /** The login name, normalised; unique in the tenant. */
  readonly email: string;
  readonly passwordHash: string;
  readonly createdAt: number;
  readonly changedAt: number;
}

/**
 * One sign-in of an end user and the family of refresh tokens that goes on from it. The row stands as long as the
 * family does: ending it is deleting it, and access tokens that name it are refused from then on.
 */
export interface UserSessionRecord {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** SHA-256 of the one refresh token that may be used next; every other of the family has been spent. */
  readonly tokenHash: Uint8Array;
  readonly createdAt: number;
  readonly usedAt: number;
  readonly expiresAt: number;
}

/** A link in a mail: a sign-up that waits for its address to be confirmed, or the right to set a new password. */
export interface AccountLinkRecord {
  /** SHA-256 of the token in the link. */
  readonly tokenHash: Uint8Array;
  readonly tenantId: string;
  readonly kind: 'verify_email' | 'reset_password';
  readonly email: string;
  /** Whose password may be set; null for a sign-up. */
  readonly userId: string | null;
  /** What the sign-up brought. */
  readonly name: string | null;
  readonly passwordHash: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Six digits on their way to somebody. */
export interface OneTimeCodeRecord {
  readonly codeId: string;
  readonly tenantId: string;
  readonly purpose: 'login' | 'signup';
  /** `mobile/+966501234567` or `email/person@example.com`. */
  readonly target: string;
  /** Keyed, because six digits are found in any plain hash by trying them all. */
  readonly codeHash: Uint8Array;
  /** The scanner that a sign-up is bound to. */
  readonly deviceId: string | null;
  /** Wrong tries so far. */
  readonly attempts: number;
  /** What a sign-up that was completed answered, so that a scanner may ask again. */
  readonly outcome: JsonObject | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A mail or text message that waits to be sent; the row goes once it was. */
export interface MessageRecord {
  readonly messageId: string;
  readonly tenantId: string;
  readonly channel: 'email' | 'sms';
  /** Sealed recipient and text: they carry codes and links. */
  readonly sealed: Uint8Array;
  readonly attempts: number;
  readonly nextAttemptAt: number;
  readonly createdAt: number;
  /** What it says is of no use to anybody after this. */
  readonly expiresAt: number;
}
