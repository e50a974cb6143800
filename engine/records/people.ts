/** What is known of users beside their own row, and the numbers of a tenant. */

/** Identities of a user. The user's row holds all but `national_id`, which has rows of its own. */
export type IdentityType = 'email' | 'mobile' | 'national_id' | 'external';

/** An identity that is sealed; its keyed hash makes it unique in the tenant without being readable. */
export interface IdentityRecord {
  readonly tenantId: string;
  readonly userId: string;
  readonly type: IdentityType;
  readonly valueHash: Uint8Array;
  readonly sealed: Uint8Array;
  readonly linkedAt: number;
}

/** What stands now of one kind of consent of a user. */
export interface ConsentRecord {
  readonly tenantId: string;
  readonly userId: string;
  readonly consentType: string;
  /** Of the text that was agreed to. */
  readonly consentVersion: string;
  readonly status: 'granted' | 'withdrawn';
  /** Where it was given: a channel of the integrator's own, or `device`. */
  readonly channel: string | null;
  readonly grantedAt: number;
  readonly withdrawnAt: number | null;
  readonly version: number;
}

/** How many users are in a state. Written by triggers of the database alone. */
export interface TenantCounterRecord {
  readonly tenantId: string;
  readonly subject: 'user_status' | 'kyc_status' | 'consent_status' | 'palm_enrolled';
  readonly value: string;
  readonly count: number;
}

/** Palms recognised and not, in one hour. Written by triggers of the database alone. */
export interface AuthActivityRecord {
  readonly tenantId: string;
  /** Its beginning. */
  readonly hour: number;
  readonly succeeded: number;
  readonly failed: number;
}
