/** Wallets: who issues their tokens, whose they are, and the keys of the phones they live on. */
import type { JsonObject } from './common.ts';

/** The issuer of a tenant's access tokens, besides ours. One a tenant; issuer and audience together are one tenant's. */
export interface IdentityProviderRecord {
  readonly tenantId: string;
  /** The tokens' `iss`, byte for byte. */
  readonly issuer: string;
  /** What must be among the tokens' `aud`. */
  readonly audience: string;
  /** Where its keys are; null: they are in `jwks`. */
  readonly jwksUrl: string | null;
  /** Public keys that change only by hand; null: they are fetched. */
  readonly jwks: JsonObject | null;
  /** Scopes that a token must have to look at something; none: every token may. */
  readonly readScopes: readonly string[];
  /** Scopes that a token must have to change something. */
  readonly writeScopes: readonly string[];
  readonly version: number;
  readonly updatedAt: number;
}

/** What ties the subject of a token to a user. */
export interface WalletUserRecord {
  readonly tenantId: string;
  readonly issuer: string;
  /** The tokens' `sub`. */
  readonly subject: string;
  readonly userId: string;
  readonly createdAt: number;
}

/** A phone whose key signs for its user. */
export interface WalletDeviceRecord {
  readonly deviceId: string;
  readonly tenantId: string;
  readonly userId: string;
  /** The point of P-256 that the key is, uncompressed; unique in the tenant, however the key was written. */
  readonly keyPoint: Uint8Array;
  /** The key as it was registered. */
  readonly verifyingKey: string;
  readonly deviceName: string | null;
  readonly registeredAt: number;
}
