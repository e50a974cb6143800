import type { JsonObject } from './common.ts';

/** A key of a wallet user that is made of shares (MPC), as the client described it. The engine has none of it. */
export interface WalletKeyRecord {
  readonly tenantId: string;
  readonly userId: string;
  /** The client's own name for it. */
  readonly keyId: string;
  readonly algorithm: string;
  readonly publicKey: string;
  /** Shares that sign together. */
  readonly threshold: number;
  /** Raised by each backup that brought something new; the row's guard too. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One backed-up share: what the client encrypted, sealed once more. Older versions stay, a few of them. */
export interface KeyShareRecord {
  readonly tenantId: string;
  readonly userId: string;
  readonly keyId: string;
  /** Whose share it is, as the client numbers or names its parties. */
  readonly party: string;
  /** That of its key at the backup that brought it. */
  readonly version: number;
  readonly threshold: number;
  /** Keyed hash of what was sent, so that a repeated backup changes nothing. */
  readonly mark: Uint8Array;
  /** Under the key of the user's wallet. */
  readonly sealed: Uint8Array;
  readonly storedAt: number;
}

export type WalletTransactionType =
  | 'authentication'
  | 'device_registration'
  | 'face_registration'
  | 'backup'
  | 'recovery';

/** What a wallet user did, written by the commit that did it. */
export interface WalletTransactionRecord {
  readonly transactionId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly type: WalletTransactionType;
  readonly status: 'completed' | 'failed';
  /** Names of keys and devices, and why it failed; nothing secret. */
  readonly details: JsonObject;
  readonly createdAt: number;
}
