import type { Descriptions } from './description.ts';

export const devices = {
  devices: {
    key: ['deviceId'],
    columns: {
      deviceId: 'uuid',
      tenantId: 'uuid',
      deviceName: 'text',
      location: 'text',
      deviceClass: 'text',
      boundProduct: 'text',
      boundAction: 'text',
      hardwareId: 'text',
      model: 'text',
      firmware: 'text',
      serial: 'text',
      status: 'word',
      pairedAt: 'time',
      certificateExpiresAt: 'time',
      lastSeenAt: 'time',
      seq: 'integer',
      version: 'integer',
      createdAt: 'time',
    },
  },
  pairingCodes: {
    key: ['codeHash'],
    columns: { codeHash: 'bytes', tenantId: 'uuid', deviceId: 'uuid', expiresAt: 'time', usedAt: 'time' },
  },
  certificates: {
    key: ['fingerprint'],
    columns: {
      fingerprint: 'text',
      serial: 'text',
      tenantId: 'uuid',
      deviceId: 'uuid',
      generation: 'integer',
      notBefore: 'time',
      notAfter: 'time',
      deniedAt: 'time',
      denyReason: 'text',
    },
  },
  certificateAuthorities: {
    key: ['generation'],
    columns: {
      generation: 'integer',
      certificatePem: 'text',
      privateKey: 'bytes',
      createdAt: 'time',
      retiredAt: 'time',
      lastIssued: 'text',
    },
  },
  deviceOutbox: {
    key: ['deviceId', 'seq'],
    columns: {
      deviceId: 'uuid',
      seq: 'integer',
      tenantId: 'uuid',
      method: 'text',
      params: 'sealedJson',
      createdAt: 'time',
    },
  },
} as const satisfies Partial<Descriptions>;
