import type { Descriptions } from './description.ts';

export const kyc = {
  kycSessions: {
    key: ['sessionId'],
    columns: {
      sessionId: 'uuid',
      tenantId: 'uuid',
      userId: 'uuid',
      provider: 'text',
      status: 'text',
      reference: 'text',
      random: 'text',
      redirectUrl: 'text',
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
