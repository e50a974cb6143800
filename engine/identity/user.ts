import type { UserRecord } from '../records.ts';

/** What somebody may say of a new user; the rest is as every new user has it. */
export type NewUser = Pick<UserRecord, 'userId' | 'tenantId' | 'createdAt'> &
  Partial<Pick<UserRecord, 'externalUserId' | 'email' | 'mobile' | 'name' | 'metadata'>>;

/** A new user's row: active, without consent, palm or checked identity. Contact values must be normal (contact.ts). */
export function newUser(facts: NewUser): UserRecord {
  return {
    externalUserId: null,
    email: null,
    mobile: null,
    name: null,
    metadata: {},
    status: 'active',
    consentStatus: 'none',
    kycStatus: 'not_started',
    palmRestriction: 'all',
    palmCount: 0,
    version: 1,
    deletedAt: null,
    ...facts,
  };
}
