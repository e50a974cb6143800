import type { Descriptions } from './description.ts';

const delivery = {
  key: ['deliveryId'],
  columns: {
    deliveryId: 'text',
    tenantId: 'uuid',
    webhookId: 'uuid',
    eventId: 'text',
    eventType: 'text',
    subject: 'text',
    status: 'word',
    attempts: 'integer',
    nextAttemptAt: 'time',
    lastStatus: 'integer',
    lastError: 'sealedText',
    createdAt: 'time',
    deliveredAt: 'time',
    sequence: 'integer',
  },
} as const;

export const webhooks = {
  webhooks: {
    key: ['webhookId'],
    columns: {
      webhookId: 'uuid',
      tenantId: 'uuid',
      name: 'text',
      endpoint: 'text',
      events: 'json',
      status: 'word',
      secret: 'bytes',
      previousSecret: 'bytes',
      previousSecretUntil: 'time',
      apiKey: 'bytes',
      version: 'integer',
      createdAt: 'time',
    },
  },
  webhookEvents: {
    key: ['eventId'],
    columns: {
      eventId: 'text',
      tenantId: 'uuid',
      eventType: 'text',
      subject: 'text',
      body: 'sealedText',
      createdAt: 'time',
      sequence: 'integer',
    },
  },
  deliveries: delivery,
  deliveryHeads: { ...delivery, viewOf: 'deliveries' },
} as const satisfies Partial<Descriptions>;
