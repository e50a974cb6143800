/** Wallets: who calls, their users and phones, and who issues their tokens. */
import type { IdentityProviderRecord, WalletDeviceRecord, WalletUserRecord } from '../../engine/records.ts';
import type { ClientCaller, SubjectCall, TenantCall, UserCall, WalletCaller } from '../calls.ts';
import type { Page, PageQuery } from './common.ts';

export type SetIdentityProvider = Pick<
  IdentityProviderRecord,
  'issuer' | 'audience' | 'jwksUrl' | 'jwks' | 'readScopes' | 'writeScopes'
>;

export interface WalletApi {
  /**
   * Whom a token speaks for: one of a tenant's identity provider, or one of our own. An OAuth client's is known too,
   * so that it can be told that it is of no use here.
   * @throws invalid_token, tenant_suspended, user_suspended, unavailable (the provider's keys cannot be had)
   */
  authenticateToken(token: string): Promise<WalletCaller | ClientCaller>;
  /** The same subject again is the same user. @throws tenant_suspended */
  registerUser(
    call: SubjectCall,
    input: { readonly displayName?: string },
  ): Promise<{ readonly user: WalletUserRecord; readonly created: boolean }>;
  /**
   * A new challenge for that key; the one before it is worthless.
   * @throws verifying_key_invalid, rate_limited
   */
  deviceChallenge(
    call: UserCall,
    verifyingKey: string,
  ): Promise<{ readonly challenge: string; readonly expiresAt: number }>;
  listDevices(call: UserCall, query: PageQuery): Promise<Page<WalletDeviceRecord>>;
}

export interface IdentityProvidersApi {
  /** @throws identity_provider_not_found */
  get(call: TenantCall): Promise<IdentityProviderRecord>;
  /** @throws identity_provider_taken, identity_provider_refused, validation_failed */
  set(call: TenantCall, input: SetIdentityProvider): Promise<IdentityProviderRecord>;
  /** @throws identity_provider_not_found */
  remove(call: TenantCall): Promise<void>;
}
