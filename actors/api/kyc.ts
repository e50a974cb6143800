/** Identity checks of users. */
import type { SignedBody } from '../../engine/kyc/provider.ts';
import type { KycSessionRecord, UserRecord } from '../../engine/records.ts';
import type { Call, TenantCall } from '../calls.ts';
import type { Page, PageQuery, UserReference } from './common.ts';

export interface InitiateKyc {
  readonly user: UserReference;
  /** Default: the tenant's. */
  readonly provider?: string;
  /** For providers that look a person up by it; it is passed on and not kept. */
  readonly nationalId?: string;
}

export interface KycQuery extends PageQuery {
  readonly status?: KycSessionRecord['status'];
  readonly provider?: string;
  readonly userId?: string;
  /** Epoch milliseconds of its beginning: from the first, the second excluded. */
  readonly from?: number;
  readonly until?: number;
}

export interface KycApi {
  /**
   * Starts a check, or returns the one that is open, or the one that verified the user.
   * @throws user_not_found, user_suspended, kyc_provider_unset, kyc_provider_refused, kyc_in_progress (with another
   *   provider), unavailable
   */
  initiate(call: TenantCall, input: InitiateKyc): Promise<KycSessionRecord>;
  /** The user, and the latest check if there was one. */
  status(
    call: TenantCall,
    userId: string,
  ): Promise<{ readonly user: UserRecord; readonly session: KycSessionRecord | null }>;
  /** Newest first. */
  sessions(call: TenantCall, query: KycQuery): Promise<Page<KycSessionRecord>>;
  /**
   * What a provider says, by its signature alone.
   * @throws not_found (no such provider), kyc_signature_invalid, kyc_callback_replayed, kyc_session_not_found,
   *   kyc_session_over, malformed_body
   */
  callback(call: Call, provider: string, signed: SignedBody): Promise<KycSessionRecord>;
}
