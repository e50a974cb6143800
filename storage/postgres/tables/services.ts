import type { Descriptions } from './description.ts';

export const services = {
  linkedServices: {
    key: ['serviceId'],
    columns: {
      serviceId: 'uuid',
      tenantId: 'uuid',
      productKey: 'text',
      baseUrl: 'text',
      authorizePath: 'text',
      healthPath: 'text',
      timeoutMs: 'integer',
      failMode: 'text',
      secret: 'bytes',
      lastHealthCheckAt: 'time',
      healthFailures: 'integer',
      version: 'integer',
      createdAt: 'time',
    },
  },
  transactionIntents: {
    key: ['transactionId'],
    columns: {
      transactionId: 'uuid',
      tenantId: 'uuid',
      deviceId: 'uuid',
      serviceId: 'uuid',
      userId: 'uuid',
      idempotencyKey: 'text',
      request: 'sealedText',
      createdAt: 'time',
    },
  },
} as const satisfies Partial<Descriptions>;
