import type { Descriptions } from './description.ts';

export const people = {
  identities: {
    key: ['tenantId', 'userId', 'type'],
    columns: {
      tenantId: 'uuid',
      userId: 'uuid',
      type: 'text',
      valueHash: 'bytes',
      sealed: 'bytes',
      linkedAt: 'time',
    },
  },
  consents: {
    key: ['tenantId', 'userId', 'consentType'],
    columns: {
      tenantId: 'uuid',
      userId: 'uuid',
      consentType: 'text',
      consentVersion: 'text',
      status: 'word',
      channel: 'text',
      grantedAt: 'time',
      withdrawnAt: 'time',
      version: 'integer',
    },
  },
  tenantCounters: {
    key: ['tenantId', 'subject', 'value'],
    columns: { tenantId: 'uuid', subject: 'text', value: 'text', count: 'integer' },
  },
  authActivity: {
    key: ['tenantId', 'hour'],
    columns: { tenantId: 'uuid', hour: 'time', succeeded: 'integer', failed: 'integer' },
  },
} as const satisfies Partial<Descriptions>;
