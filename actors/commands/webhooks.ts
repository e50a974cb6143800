import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { checkApiKey, readEndpoint } from '../../engine/outbound/target.ts';
import type { WebhookRecord } from '../../engine/records.ts';
import { newWebhookSecret } from '../../engine/secrets/generate.ts';
import { isWebhookEventType, webhookEventTypes } from '../../engine/webhooks/events.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { webhookKey, webhookKind } from '../webhook/protocol.ts';
import { webhookPlace } from '../webhook/secret.ts';

/** Webhook endpoints of a tenant. The signing secret is returned once. */
export function webhookCommands(context: Context): EngineApi['webhooks'] {
  const { clock, random, sealer, store, views } = context;
  return {
    async create(call, input) {
      const { tenantId } = call;
      const unknown = input.events.filter((event) => !isWebhookEventType(event));
      if (unknown.length > 0) {
        throw new ThenarError('validation_failed', `Unknown event: ${unknown.join(', ')}.`, {
          details: {
            fields: [{ field: 'events', message: `one or more of ${webhookEventTypes.join(', ')}` }],
          },
        });
      }
      readEndpoint(input.endpoint, context.config.webhookAllowPrivate);
      const apiKey = input.apiKey ?? null;
      if (apiKey !== null) checkApiKey(apiKey);
      const existing = views.webhooks.get(tenantId) ?? [];
      if (existing.length >= limits.webhooks_per_tenant_max) {
        throw new ThenarError('limit_reached', 'This tenant has as many webhooks as it may have.', {
          details: { limit: limits.webhooks_per_tenant_max },
        });
      }
      const secret = newWebhookSecret(random);
      const webhookId = random.uuid();
      const webhook: WebhookRecord = {
        webhookId,
        tenantId,
        name: input.name,
        endpoint: input.endpoint,
        events: [...new Set(input.events)],
        status: 'active',
        secret: sealer.seal(secret.key, webhookPlace(webhookId, 'secret')),
        apiKey: apiKey === null ? null : sealer.seal(Buffer.from(apiKey), webhookPlace(webhookId, 'api_key')),
        version: 1,
        createdAt: clock.now(),
      };
      await store.commit({
        tenantId,
        writes: [{ insert: 'webhooks', row: webhook, conflict: 'webhook_taken' }],
        audit: [{ eventType: 'webhook_created', actor: call.actor, details: { webhook_id: webhookId } }],
      });
      views.webhooks.set(tenantId, [...(views.webhooks.get(tenantId) ?? []), webhook]);
      return { webhook, secret: secret.text };
    },
    async list(call) {
      return views.webhooks.get(call.tenantId) ?? [];
    },
    async remove(call, webhookId) {
      const { tenantId } = call;
      await store.commit({
        tenantId,
        writes: [
          { delete: 'webhooks', where: { tenantId, webhookId }, otherwise: 'webhook_not_found' },
          { delete: 'deliveries', where: { tenantId, webhookId, status: 'pending' } },
        ],
        audit: [{ eventType: 'webhook_deleted', actor: call.actor, details: { webhook_id: webhookId } }],
      });
      const left = (views.webhooks.get(tenantId) ?? []).filter((webhook) => webhook.webhookId !== webhookId);
      views.webhooks.set(tenantId, left);
      context.directory.tell(webhookKind, webhookKey(tenantId, webhookId), { type: 'removed' });
    },
  };
}
