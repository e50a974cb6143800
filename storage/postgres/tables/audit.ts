import type { Descriptions } from './description.ts';

export const audit = {
  audit: {
    key: ['tenantId', 'seq'],
    columns: {
      tenantId: 'uuid',
      seq: 'integer',
      eventType: 'text',
      severity: 'word',
      actor: 'text',
      userId: 'uuid',
      at: 'time',
      details: 'sealedJson',
      hash: 'bytes',
    },
    damaged: { unreadable: true },
  },
  auditKeys: { key: ['kid'], columns: { kid: 'text', privateKey: 'bytes', createdAt: 'time' } },
  auditCheckpoints: {
    key: ['tenantId', 'seq'],
    columns: { tenantId: 'uuid', seq: 'integer', hash: 'bytes', at: 'time', jws: 'text' },
  },
} as const satisfies Partial<Descriptions>;
