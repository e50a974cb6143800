import type { Descriptions } from './description.ts';

export const webhooks = {
  webhooks: {
    key: ['webhookId'],
    columns: {
      webhookId: 'uuid',
      tenantId: 'uuid',
      name: 'text',
      endpoint: 'text',
      events: 'json',
      status: 'text',
      secret: 'bytes',
      apiKey: 'bytes',
      version: 'integer',
      createdAt: 'time',
    },
  },
  webhookEvents: {
    key: ['eventId'],
    columns: { eventId: 'text', tenantId: 'uuid', eventType: 'text', body: 'text', createdAt: 'time' },
  },
  deliveries: {
    key: ['deliveryId'],
    columns: {
      deliveryId: 'text',
      tenantId: 'uuid',
      webhookId: 'uuid',
      eventId: 'text',
      eventType: 'text',
      status: 'text',
      attempts: 'integer',
      nextAttemptAt: 'time',
      lastStatus: 'integer',
      lastError: 'text',
      createdAt: 'time',
      deliveredAt: 'time',
    },
  },
} as const satisfies Partial<Descriptions>;
