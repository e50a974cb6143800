import type { WebhooksApi } from '../../../actors/api.ts';
import type { DeliveryRecord } from '../../../engine/records.ts';
import { at, id, webhook } from '../fake-records.ts';
import type { Said } from './said.ts';

const delivery: DeliveryRecord = {
  deliveryId: `del_${id.challenge}`,
  tenantId: id.tenant,
  webhookId: id.webhook,
  eventId: `evt_${'ab'.repeat(16)}`,
  eventType: 'verification.complete',
  subject: id.user,
  status: 'pending',
  attempts: 2,
  nextAttemptAt: at + 5_000,
  lastStatus: 503,
  lastError: null,
  createdAt: at,
  deliveredAt: null,
};

export function fakeWebhooks(said: Said): WebhooksApi {
  return {
    create: said('webhooks.create', () => ({ webhook, secret: 'whsec_x' })),
    list: said('webhooks.list', () => [webhook]),
    update: said('webhooks.update', () => ({ ...webhook, status: 'disabled' as const })),
    regenerate: said('webhooks.regenerate', () => ({
      webhook: { ...webhook, previousSecretUntil: at + 86_400_000 },
      secret: 'whsec_y',
    })),
    remove: said('webhooks.remove', () => undefined),
    deliveries: said('webhooks.deliveries', () => ({ rows: [delivery], total: 1 })),
    test: said('webhooks.test', () => delivery),
    replay: said('webhooks.replay', () => delivery),
    replayRange: said('webhooks.replayRange', () => [delivery]),
  };
}
