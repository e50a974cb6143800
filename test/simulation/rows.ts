/** Rows that the worlds of the models begin with. */
import { completeConfig } from '../../engine/identity/tenant.ts';
import type { DeviceRecord, PalmRecord, TenantRecord, UserRecord } from '../../engine/records.ts';

export const tenantId = '11111111-1111-4111-8111-111111111111';
export const userId = '22222222-2222-4222-8222-222222222222';
export const deviceId = '33333333-3333-4333-8333-333333333333';

export function tenantRow(): TenantRecord {
  return {
    tenantId,
    name: 'acme',
    region: null,
    status: 'active',
    config: completeConfig(undefined),
    rotationKey: new Uint8Array(),
    nextRotationKey: null,
    version: 1,
    createdAt: 0,
    configuredAt: null,
    eraseAt: null,
    erasingSince: null,
  };
}

export function deviceRow(set: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    deviceId,
    tenantId,
    deviceName: 'till',
    location: 'here',
    deviceClass: 'pos',
    boundProduct: null,
    boundAction: null,
    hardwareId: 'hw',
    model: null,
    firmware: null,
    serial: null,
    status: 'paired',
    pairedAt: 1,
    certificateExpiresAt: null,
    lastSeenAt: null,
    seq: 0,
    version: 1,
    createdAt: 0,
    ...set,
  };
}

export function userRow(userId: string, set: Partial<UserRecord> = {}): UserRecord {
  return {
    userId,
    tenantId,
    externalUserId: userId,
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
    createdAt: 0,
    deletedAt: null,
    ...set,
  };
}

export function palmRow(owner: string, set: Partial<PalmRecord> = {}): PalmRecord {
  return {
    palmId: 'palm',
    tenantId,
    userId: owner,
    hand: 'right',
    model: 'm',
    samples: 1,
    reference: null,
    deviceId: null,
    createdAt: 0,
    ...set,
  };
}
