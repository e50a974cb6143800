import type { Descriptions } from './description.ts';

export const kyc = {
  receiptKeys: {
    key: ['kid'],
    columns: {
      kid: 'text',
      alg: 'text',
      publicJwk: 'json',
      privateKey: 'bytes',
      createdAt: 'time',
      signsFrom: 'time',
      signsUntil: 'time',
      verifiesUntil: 'time',
    },
  },
  kycSessions: {
    key: ['sessionId'],
    columns: {
      sessionId: 'uuid',
      tenantId: 'uuid',
      userId: 'uuid',
      provider: 'text',
      status: 'word',
      reference: 'sealedText',
      random: 'sealedText',
      redirectUrl: 'sealedText',
      reason: 'text',
      createdAt: 'time',
      startedAt: 'time',
      expiresAt: 'time',
      completedAt: 'time',
      version: 'integer',
    },
  },
  kycCallbacks: {
    key: ['provider', 'callbackId'],
    columns: { provider: 'text', callbackId: 'text', expiresAt: 'time' },
  },
} as const satisfies Partial<Descriptions>;
