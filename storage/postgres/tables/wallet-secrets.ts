import type { Descriptions } from './description.ts';

/** Faces, key shares and what wallet users did. */
export const walletSecrets = {
  faces: {
    key: ['tenantId', 'userId'],
    columns: {
      tenantId: 'uuid',
      userId: 'uuid',
      faceId: 'uuid',
      vendor: 'text',
      status: 'word',
      sealed: 'bytes',
      createdAt: 'time',
      registeredAt: 'time',
      attempts: 'integer',
      forgiven: 'integer',
      lockedUntil: 'time',
      version: 'integer',
    },
  },
  walletKeys: {
    key: ['tenantId', 'userId', 'keyId'],
    columns: {
      tenantId: 'uuid',
      userId: 'uuid',
      keyId: 'text',
      algorithm: 'text',
      publicKey: 'text',
      threshold: 'integer',
      version: 'integer',
      createdAt: 'time',
      updatedAt: 'time',
    },
  },
  keyShares: {
    key: ['tenantId', 'userId', 'keyId', 'party', 'version'],
    columns: {
      tenantId: 'uuid',
      userId: 'uuid',
      keyId: 'text',
      party: 'text',
      version: 'integer',
      threshold: 'integer',
      mark: 'bytes',
      sealed: 'bytes',
      storedAt: 'time',
    },
  },
  walletTransactions: {
    key: ['transactionId'],
    columns: {
      transactionId: 'uuid',
      tenantId: 'uuid',
      userId: 'uuid',
      type: 'text',
      status: 'word',
      details: 'sealedJson',
      createdAt: 'time',
    },
  },
} as const satisfies Partial<Descriptions>;
