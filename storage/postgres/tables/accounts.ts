import type { Descriptions } from './description.ts';

export const accounts = {
  userCredentials: {
    key: ['userId'],
    columns: {
      userId: 'uuid',
      tenantId: 'uuid',
      email: 'text',
      passwordHash: 'text',
      createdAt: 'time',
      changedAt: 'time',
    },
  },
  userSessions: {
    key: ['sessionId'],
    columns: {
      sessionId: 'uuid',
      tenantId: 'uuid',
      userId: 'uuid',
      clientId: 'uuid',
      scopes: 'json',
      tokenHash: 'bytes',
      createdAt: 'time',
      usedAt: 'time',
      expiresAt: 'time',
    },
  },
  accountLinks: {
    key: ['tokenHash'],
    columns: {
      tokenHash: 'bytes',
      tenantId: 'uuid',
      kind: 'text',
      email: 'text',
      userId: 'uuid',
      name: 'text',
      passwordHash: 'text',
      createdAt: 'time',
      expiresAt: 'time',
    },
  },
  oneTimeCodes: {
    key: ['codeId'],
    columns: {
      codeId: 'uuid',
      tenantId: 'uuid',
      purpose: 'text',
      target: 'text',
      codeHash: 'bytes',
      deviceId: 'uuid',
      attempts: 'integer',
      outcome: 'json',
      createdAt: 'time',
      expiresAt: 'time',
    },
  },
  messages: {
    key: ['messageId'],
    columns: {
      messageId: 'uuid',
      tenantId: 'uuid',
      channel: 'text',
      sealed: 'bytes',
      attempts: 'integer',
      nextAttemptAt: 'time',
      createdAt: 'time',
      expiresAt: 'time',
    },
  },
} as const satisfies Partial<Descriptions>;
