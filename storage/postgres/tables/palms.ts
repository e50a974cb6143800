import type { Descriptions } from './description.ts';

export const palms = {
  palmThresholds: {
    key: ['model', 'version'],
    columns: {
      model: 'text',
      version: 'integer',
      thresholds: 'json',
      fused: 'json',
      createdAt: 'time',
      createdBy: 'text',
    },
  },
  palmMigrations: {
    key: ['migrationId'],
    columns: {
      migrationId: 'uuid',
      status: 'word',
      phase: 'text',
      minShare: 'json',
      total: 'integer',
      cursor: 'uuid',
      passed: 'integer',
      reason: 'text',
      startedAt: 'time',
      startedBy: 'text',
      finishedAt: 'time',
      version: 'integer',
    },
  },
  palmMigrationUsers: {
    key: ['migrationId', 'userId'],
    columns: {
      migrationId: 'uuid',
      userId: 'uuid',
      tenantId: 'uuid',
      outcome: 'text',
      reason: 'text',
      palmIds: 'json',
      at: 'time',
    },
  },
  palmMigrationPalms: {
    key: ['palmId'],
    columns: {
      palmId: 'uuid',
      migrationId: 'uuid',
      tenantId: 'uuid',
      userId: 'uuid',
      hand: 'text',
      reference: 'text',
      deviceId: 'uuid',
      createdAt: 'time',
    },
  },
} as const satisfies Partial<Descriptions>;
