import { randomUUID } from 'node:crypto';
import type { ChallengeRecord, DeviceRecord, UserRecord } from '../../engine/records.ts';

/** A paired device. */
export function deviceRow(tenantId: string, change: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    deviceId: randomUUID(),
    tenantId,
    deviceName: 'Till 1',
    location: 'Basel',
    deviceClass: 'pos',
    boundProduct: null,
    boundAction: null,
    hardwareId: `hw-${randomUUID()}`,
    model: null,
    firmware: null,
    serial: null,
    status: 'paired',
    pairedAt: 1_700_000_000_123,
    certificateExpiresAt: null,
    lastSeenAt: null,
    seq: 0,
    version: 1,
    createdAt: 1_700_000_000_000,
    ...change,
  };
}

/** An active user. */
export function userRow(tenantId: string, change: Partial<UserRecord> = {}): UserRecord {
  return {
    userId: randomUUID(),
    tenantId,
    externalUserId: `ext-${randomUUID()}`,
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
    createdAt: 1_700_000_000_000,
    deletedAt: null,
    ...change,
  };
}

/** A pending verification. */
export function challengeRow(tenantId: string, change: Partial<ChallengeRecord> = {}): ChallengeRecord {
  return {
    challengeId: randomUUID(),
    tenantId,
    type: 'verify',
    userId: randomUUID(),
    externalUserId: null,
    deviceId: randomUUID(),
    hardwareId: null,
    palmType: null,
    replace: false,
    status: 'pending',
    metadata: null,
    createdAt: 1_700_000_000_000,
    expiresAt: 1_700_000_300_000,
    presentedAt: null,
    acceptedAt: null,
    completedAt: null,
    attempts: 0,
    reason: null,
    result: null,
    receipt: null,
    featureIds: null,
    idempotencyKey: null,
    scanDigest: null,
    version: 1,
    ...change,
  };
}
