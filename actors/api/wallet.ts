/** Wallets: who calls, their users and phones, and who issues their tokens. */
import type { FaceScan } from '../../engine/face/ports.ts';
import type {
  IdentityProviderRecord,
  JsonObject,
  WalletDeviceRecord,
  WalletUserRecord,
} from '../../engine/records.ts';
import type { ClientCaller, SubjectCall, TenantCall, UserCall, WalletCaller } from '../calls.ts';
import type { Page, PageQuery } from './common.ts';

export type SetIdentityProvider = Pick<
  IdentityProviderRecord,
  'issuer' | 'audience' | 'jwksUrl' | 'jwks' | 'readScopes' | 'writeScopes'
>;

export interface RegisterWalletDevice {
  readonly verifyingKey: string;
  readonly challenge: string;
  readonly deviceName: string | null;
  /** DER in hex. */
  readonly signature: string;
  /** All that the phone sent: what its signature is over. */
  readonly body: JsonObject;
  /** Looked at when the user has a face. */
  readonly face: FaceScan | null;
}

export interface RegisteredWalletDevice {
  readonly device: WalletDeviceRecord;
  readonly created: boolean;
}

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
  /**
   * A phone whose key signed the body with its challenge. The same key of the same user again is the same device.
   * @throws verifying_key_invalid, device_challenge_invalid, device_signature_invalid, verifying_key_taken,
   *   limit_reached, face_required, and what verifying a face may throw
   */
  registerDevice(call: UserCall, input: RegisterWalletDevice): Promise<RegisteredWalletDevice>;
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
