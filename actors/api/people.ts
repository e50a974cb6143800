/** What is known of users beside their rows: identities and consent; and the numbers of a tenant. */
import type {
  ConsentRecord,
  ConsentStatus,
  ErasureRecord,
  IdentityType,
  KycStatus,
  UserStatus,
} from '../../engine/records.ts';
import type { DeviceCall, TenantCall } from '../calls.ts';
import type { Identity } from '../users/identities.ts';
import type { Page, PageQuery, UserReference } from './common.ts';

export type { Identity };

export interface IdentitiesApi {
  /** National identifiers are masked; the export has them in full. */
  list(call: TenantCall, userId: string): Promise<readonly Identity[]>;
  /**
   * `created` is false when the user has that very identity already.
   * @throws identity_linked, identity_taken, validation_failed
   */
  link(
    call: TenantCall,
    userId: string,
    input: { type: IdentityType; value: string },
  ): Promise<{ identity: Identity; created: boolean }>;
  /** @throws identity_not_found */
  unlink(call: TenantCall, userId: string, type: IdentityType): Promise<void>;
}

export interface ConsentGrant {
  readonly consentType: string;
  /** Of the text that was agreed to. */
  readonly version: string;
  readonly channel?: string | null;
}

export interface ConsentQuery extends PageQuery {
  readonly consentType?: string;
  readonly status?: ConsentRecord['status'];
  /** When it was granted: from, and before. */
  readonly from?: number;
  readonly until?: number;
  readonly order?: 'asc' | 'desc';
}

export interface ConsentApi {
  /** The same type and version again changes nothing. */
  grant(call: TenantCall, user: UserReference, input: ConsentGrant): Promise<ConsentRecord>;
  grantAtDevice(call: DeviceCall, userId: string, input: ConsentGrant): Promise<ConsentRecord>;
  status(
    call: TenantCall,
    userId: string,
  ): Promise<{ userId: string; status: ConsentStatus; consents: readonly ConsentRecord[] }>;
  /** With `erase` the palms go in the same commit. @throws consent_not_found */
  withdraw(
    call: TenantCall,
    user: UserReference,
    input: { consentType: string; erase?: boolean },
  ): Promise<{ consent: ConsentRecord; erasure: ErasureRecord | null }>;
  records(call: TenantCall, query: ConsentQuery): Promise<Page<ConsentRecord>>;
}

export interface TenantStatistics {
  /** Users who are not deleted. */
  readonly totalIdentities: number;
  /** Users with at least one palm. */
  readonly activeEnrollments: number;
  /** Of all users, those whose consent stands; 0 to 1. */
  readonly consentOptInRate: number;
  /** Palms shown, by whole hours: verifications and transactions. */
  readonly authActivity: {
    readonly last24h: number;
    readonly last7d: number;
    /** Of the last seven days; 0 to 1. */
    readonly successRate: number;
    /** Of the last seven days, oldest first; hours without any are not there. */
    readonly byHour: readonly {
      readonly hour: number;
      readonly succeeded: number;
      readonly failed: number;
    }[];
  };
  readonly kycPipeline: Readonly<Record<KycStatus, number>>;
  readonly userStatus: Readonly<Record<UserStatus, number>>;
  readonly devices: { readonly online: number; readonly total: number };
}

export interface StatisticsApi {
  tenant(call: TenantCall): Promise<TenantStatistics>;
}
