import type { Descriptions } from './description.ts';

export const wallet = {
  identityProviders: {
    key: ['tenantId'],
    columns: {
      tenantId: 'uuid',
      issuer: 'text',
      audience: 'text',
      jwksUrl: 'text',
      jwks: 'json',
      readScopes: 'json',
      writeScopes: 'json',
      version: 'integer',
      updatedAt: 'time',
    },
  },
  walletUsers: {
    key: ['tenantId', 'userId'],
    columns: { tenantId: 'uuid', issuer: 'text', subject: 'sealedText', userId: 'uuid', createdAt: 'time' },
    found: ['subject'],
  },
  walletDevices: {
    key: ['deviceId'],
    columns: {
      deviceId: 'uuid',
      tenantId: 'uuid',
      userId: 'uuid',
      keyPoint: 'bytes',
      verifyingKey: 'text',
      deviceName: 'sealedText',
      registeredAt: 'time',
    },
  },
} as const satisfies Partial<Descriptions>;
