import type { Descriptions } from './description.ts';

export const accounts = {
  userCredentials: {
    key: ['userId'],
    columns: {
      userId: 'uuid',
      tenantId: 'uuid',
      email: 'sealedText',
      passwordHash: 'text',
      createdAt: 'time',
      changedAt: 'time',
    },
    found: ['email'],
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
      email: 'sealedText',
      userId: 'uuid',
      name: 'sealedText',
      passwordHash: 'text',
      createdAt: 'time',
      expiresAt: 'time',
    },
    found: ['email'],
  },
  oneTimeCodes: {
    key: ['codeId'],
    columns: {
      codeId: 'uuid',
      tenantId: 'uuid',
      purpose: 'text',
      target: 'sealedText',
      codeHash: 'bytes',
      deviceId: 'uuid',
      attempts: 'integer',
      outcome: 'json',
      createdAt: 'time',
      expiresAt: 'time',
    },
    found: ['target'],
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
