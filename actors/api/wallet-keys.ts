/**
 * Shares of the keys of wallet users (document 001). A share is what the client encrypted; the engine has no key to it
 * and never looks inside.
 */
import type { FaceScan } from '../../engine/face/ports.ts';
import type { WalletKeyRecord, WalletTransactionRecord } from '../../engine/records.ts';
import type { UserCall } from '../calls.ts';
import type { Page, PageQuery } from './common.ts';

/** As a client names its parties: by number or by name. */
export type Party = string | number;

export interface BackedUpShare {
  readonly keyId: string;
  readonly algorithm: string;
  readonly publicKey: string;
  readonly threshold: number;
  readonly party: Party;
  /** A text, given back as it was. */
  readonly ciphertext: string;
}

export interface StoredShare {
  readonly keyId: string;
  readonly version: number;
  readonly storedAt: number;
}

export interface RecoveredShare extends BackedUpShare {
  readonly version: number;
}

export interface RecoverShares {
  /** Default: all. */
  readonly keyIds?: readonly string[];
  /** Default `latest`; `all`: the few versions before it too. */
  readonly versions?: 'latest' | 'all';
  readonly face: FaceScan;
}

export interface TransactionQuery extends PageQuery {
  readonly type?: WalletTransactionRecord['type'];
  readonly status?: WalletTransactionRecord['status'];
  /** Epoch milliseconds: from the first, the second excluded. */
  readonly from?: number;
  readonly until?: number;
}

export interface WalletKeysApi {
  /**
   * All or nothing; in the order of the request. What is stored already, byte for byte, is left as it is and answered
   * with the version it has.
   * @throws validation_failed (a share named twice, or shares of one key that describe it differently),
   *   key_share_conflict (another public key or algorithm than before), limit_reached, user_suspended
   */
  backup(call: UserCall, shares: readonly BackedUpShare[]): Promise<readonly StoredShare[]>;
  /**
   * With the face, always. Told to webhooks and the audit log before it is answered.
   * @throws rate_limited, key_share_not_found (one of `keyIds`), and what `verifyFace` throws
   */
  recover(call: UserCall, input: RecoverShares): Promise<readonly RecoveredShare[]>;
  /** By the time of their first backup, the newest first. */
  list(call: UserCall, query: PageQuery): Promise<Page<WalletKeyRecord>>;
  /** What the user did, the newest first. */
  transactions(call: UserCall, query: TransactionQuery): Promise<Page<WalletTransactionRecord>>;
}
