import type { Descriptions } from './description.ts';

export const tenancy = {
  tenants: {
    key: ['tenantId'],
    columns: {
      tenantId: 'uuid',
      name: 'text',
      region: 'text',
      status: 'text',
      config: 'json',
      rotationKey: 'bytes',
      version: 'integer',
      createdAt: 'time',
      configuredAt: 'time',
      eraseAt: 'time',
      erasingSince: 'time',
    },
  },
  tenantHeads: {
    key: ['tenantId'],
    columns: { tenantId: 'uuid', auditSeq: 'integer', auditHash: 'bytes', palmPosition: 'integer' },
  },
  consoleUsers: {
    key: ['consoleUserId'],
    columns: {
      consoleUserId: 'uuid',
      tenantId: 'uuid',
      email: 'text',
      name: 'text',
      role: 'text',
      passwordHash: 'text',
      status: 'text',
      version: 'integer',
      createdAt: 'time',
    },
  },
  consoleSessions: {
    key: ['sessionHash'],
    columns: {
      sessionHash: 'bytes',
      consoleUserId: 'uuid',
      csrfHash: 'bytes',
      createdAt: 'time',
      expiresAt: 'time',
    },
  },
  clients: {
    key: ['clientId'],
    columns: {
      clientId: 'uuid',
      tenantId: 'uuid',
      name: 'text',
      secretHash: 'bytes',
      scopes: 'json',
      status: 'text',
      version: 'integer',
      createdAt: 'time',
      deletedAt: 'time',
    },
  },
  signingKeys: {
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
  settings: { key: ['name'], columns: { name: 'text', value: 'json', version: 'integer' } },
  idempotency: {
    key: ['tenantId', 'scope', 'key'],
    columns: {
      tenantId: 'uuid',
      scope: 'text',
      key: 'text',
      requestDigest: 'bytes',
      reply: 'json',
      createdAt: 'time',
      expiresAt: 'time',
    },
  },
  attempts: {
    key: ['target'],
    columns: { target: 'text', failures: 'integer', windowStartedAt: 'time', lockedUntil: 'time' },
  },
} as const satisfies Partial<Descriptions>;
