import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { checkApiKey, readEndpoint } from '../../engine/outbound/target.ts';
import type { Write } from '../../engine/ports.ts';
import type { WebhookRecord } from '../../engine/records.ts';
import { newWebhookSecret } from '../../engine/secrets/generate.ts';
import { isWebhookEventType, webhookEventTypes } from '../../engine/webhooks/events.ts';
import type { EngineApi } from '../api.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { wake } from '../webhook/emit.ts';
import { webhookKey, webhookKind } from '../webhook/protocol.ts';
import { webhookPlace } from '../webhook/secret.ts';
import { deliveryCommands } from './deliveries.ts';
import { refreshing } from './refreshing.ts';

/** Webhook endpoints of a tenant. The signing secret is returned once. */
export function webhookCommands(context: Context): EngineApi['webhooks'] {
  const { clock, random, sealer, store, views } = context;
  const committing = refreshing(context, async (tenantId) => {
    await views.readWebhooks(tenantId);
    for (const { webhookId } of views.webhooks.get(tenantId) ?? []) wake(context, tenantId, webhookId);
  });

  type Place = Pick<WebhookRecord, 'tenantId' | 'webhookId'>;

  function sealKey({ tenantId, webhookId }: Place, apiKey: string | null): Uint8Array | null {
    if (apiKey === null) return null;
    checkApiKey(apiKey);
    return sealer.of(tenantId).seal(Buffer.from(apiKey), webhookPlace(webhookId, 'api_key'));
  }

  function newSecret({ tenantId, webhookId }: Place): { readonly text: string; readonly sealed: Uint8Array } {
    const { key, text } = newWebhookSecret(random);
    return { text, sealed: sealer.of(tenantId).seal(key, webhookPlace(webhookId, 'secret')) };
  }

  /** Commits a change of the row that was read, and shows it to whoever reads memory. */
  async function change(
    call: TenantCall,
    webhook: WebhookRecord,
    set: Partial<WebhookRecord>,
    eventType: string,
    also: readonly Write[] = [],
  ): Promise<WebhookRecord> {
    const { tenantId, webhookId, version } = webhook;
    const changed = { ...webhook, ...set, version: version + 1 };
    const details = { webhook_id: webhookId, changed: Object.keys(set).filter((name) => !isSecret(name)) };
    await committing(tenantId, () =>
      store.commit({
        tenantId,
        writes: [
          {
            update: 'webhooks',
            where: { tenantId, webhookId, version },
            set: { ...set, version: version + 1 },
            otherwise: 'version_conflict',
          },
          ...also,
        ],
        audit: [{ eventType, actor: call.actor, details }],
      }),
    );
    views.setWebhook(changed);
    return changed;
  }

  return {
    async create(call, input) {
      const { tenantId } = call;
      checkEvents(input.events);
      readEndpoint(input.endpoint, context.config.webhookAllowPrivate);
      const existing = views.webhooks.get(tenantId) ?? [];
      if (existing.length >= limits.webhooks_per_tenant_max) {
        throw new ThenarError('limit_reached', 'This tenant has as many webhooks as it may have.', {
          details: { limit: limits.webhooks_per_tenant_max },
        });
      }
      const webhookId = random.uuid();
      const secret = newSecret({ tenantId, webhookId });
      const webhook: WebhookRecord = {
        webhookId,
        tenantId,
        name: input.name,
        endpoint: input.endpoint,
        events: [...new Set(input.events)],
        status: 'active',
        secret: secret.sealed,
        previousSecret: null,
        previousSecretUntil: null,
        apiKey: sealKey({ tenantId, webhookId }, input.apiKey ?? null),
        version: 1,
        createdAt: clock.now(),
      };
      await committing(tenantId, () =>
        store.commit({
          tenantId,
          writes: [{ insert: 'webhooks', row: webhook, conflict: 'webhook_taken' }],
          audit: [{ eventType: 'webhook_created', actor: call.actor, details: { webhook_id: webhookId } }],
        }),
      );
      views.addWebhook(webhook);
      return { webhook, secret: secret.text };
    },
    async list(call) {
      return views.webhooks.get(call.tenantId) ?? [];
    },
    async update(call, webhookId, input) {
      const webhook = findWebhook(context, call, webhookId);
      const { name, endpoint, events, apiKey, status } = input;
      if (events !== undefined) checkEvents(events);
      if (endpoint !== undefined) readEndpoint(endpoint, context.config.webhookAllowPrivate);
      const set: Partial<WebhookRecord> = {
        ...(name === undefined ? {} : { name }),
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(events === undefined ? {} : { events: [...new Set(events)] }),
        ...(apiKey === undefined ? {} : { apiKey: sealKey(webhook, apiKey) }),
        ...(status === undefined ? {} : { status }),
      };
      if (Object.keys(set).length === 0) return webhook;
      const { tenantId } = call;
      const due: Write = {
        update: 'deliveries',
        where: { tenantId, webhookId, status: 'pending' },
        set: { nextAttemptAt: clock.now() },
      };
      const mended = endpoint !== undefined || (status === 'active' && webhook.status === 'disabled');
      const changed = await change(call, webhook, set, 'webhook_updated', mended ? [due] : []);
      wake(context, tenantId, webhookId);
      return changed;
    },
    async regenerate(call, webhookId) {
      const webhook = findWebhook(context, call, webhookId);
      const secret = newSecret(webhook);
      const set = {
        secret: secret.sealed,
        previousSecret: webhook.secret,
        previousSecretUntil: clock.now() + limits.webhook_secret_overlap_ms,
      };
      return {
        webhook: await change(call, webhook, set, 'webhook_secret_regenerated'),
        secret: secret.text,
      };
    },
    async remove(call, webhookId) {
      const { tenantId } = call;
      await committing(tenantId, () =>
        store.commit({
          tenantId,
          writes: [
            { delete: 'webhooks', where: { tenantId, webhookId }, otherwise: 'webhook_not_found' },
            { delete: 'deliveries', where: { tenantId, webhookId, status: 'pending' } },
          ],
          audit: [{ eventType: 'webhook_deleted', actor: call.actor, details: { webhook_id: webhookId } }],
        }),
      );
      views.removeWebhook({ tenantId, webhookId });
      context.directory.tell(webhookKind, webhookKey(tenantId, webhookId), { type: 'removed' });
    },
    ...deliveryCommands(context),
  };
}

/** @throws ThenarError webhook_not_found */
export function findWebhook(context: Context, call: TenantCall, webhookId: string): WebhookRecord {
  const webhook = context.views.webhook(call.tenantId, webhookId);
  if (webhook === null) throw new ThenarError('webhook_not_found', 'There is no such webhook.');
  return webhook;
}

function isSecret(field: string): boolean {
  return field === 'secret' || field.startsWith('previousSecret');
}

function checkEvents(events: readonly string[]): void {
  const unknown = events.filter((event) => !isWebhookEventType(event));
  if (unknown.length === 0) return;
  throw new ThenarError('validation_failed', `Unknown event: ${unknown.join(', ')}.`, {
    details: { fields: [{ field: 'events', message: `one or more of ${webhookEventTypes.join(', ')}` }] },
  });
}
