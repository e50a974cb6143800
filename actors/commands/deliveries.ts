/** What a webhook was sent, and sending it again. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Range, Where, Write } from '../../engine/ports.ts';
import type { DeliveryRecord, WebhookEventRecord, WebhookRecord } from '../../engine/records.ts';
import { buildEvent } from '../../engine/webhooks/events.ts';
import type { DeliveryQuery, EngineApi } from '../api.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { newDelivery, wake } from '../webhook/emit.ts';
import { findWebhook } from './webhooks.ts';

type DeliveryCommands = Pick<EngineApi['webhooks'], 'deliveries' | 'test' | 'replay' | 'replayRange'>;

export function deliveryCommands(context: Context): DeliveryCommands {
  const { clock, store } = context;

  /** Commits deliveries of events, with the events themselves when they are new, and wakes the endpoint. */
  async function send(
    call: TenantCall,
    { tenantId, webhookId }: WebhookRecord,
    events: readonly WebhookEventRecord[],
    how: {
      readonly eventType: string;
      readonly details?: Record<string, string | number>;
      readonly new?: true;
    },
  ): Promise<DeliveryRecord[]> {
    const rows = events.map((event) => newDelivery(context, event, webhookId));
    await store.commit({
      tenantId,
      writes: [
        // The webhook may have been removed since it was looked up; its deliveries went with it.
        { check: 'webhooks', where: { tenantId, webhookId }, otherwise: 'webhook_not_found' },
        ...(how.new === true ? events.map((row): Write => ({ insert: 'webhookEvents', row })) : []),
        ...rows.map((row): Write => ({ insert: 'deliveries', row })),
      ],
      audit: [
        {
          eventType: how.eventType,
          actor: call.actor,
          details: { webhook_id: webhookId, ...how.details },
        },
      ],
    });
    wake(context, tenantId, webhookId);
    return rows;
  }

  return {
    async deliveries(call, webhookId, query) {
      const { tenantId } = findWebhook(context, call, webhookId);
      return store.page('deliveries', {
        where: { tenantId, webhookId, ...filters(query) },
        order: [['sequence', 'desc']],
        limit: query.pageSize,
        offset: (query.page - 1) * query.pageSize,
      });
    },
    async test(call, webhookId) {
      const webhook = findActive(context, call, webhookId);
      const now = clock.now();
      const data = { webhookId, requestedAt: now };
      const event = buildEvent('webhook.test', call.tenantId, data, { now, random: context.random });
      const [delivery] = await send(call, webhook, [event], { eventType: 'webhook_tested', new: true });
      return delivery as DeliveryRecord;
    },
    async replay(call, webhookId, deliveryId) {
      findWebhook(context, call, webhookId);
      const { tenantId } = call;
      const past = await store.get('deliveries', { tenantId, webhookId, deliveryId });
      const event = past && (await store.get('webhookEvents', { tenantId, eventId: past.eventId }));
      if (!event) throw new ThenarError('delivery_not_found', 'There is no such delivery.');
      const [delivery] = await send(call, findActive(context, call, webhookId), [event], {
        eventType: 'webhook_replayed',
        details: { delivery_id: deliveryId },
      });
      return delivery as DeliveryRecord;
    },
    async replayRange(call, webhookId, { from, until, eventTypes }) {
      const webhook = findActive(context, call, webhookId);
      const wanted = eventTypes ?? webhook.events;
      const where: Where<'webhookEvents'> = {
        tenantId: call.tenantId,
        eventType: { in: webhook.events.filter((type) => wanted.includes(type)) },
        createdAt: { gte: Math.max(from, webhook.createdAt), lt: until },
      };
      const events = await readEvents(context, where);
      if (events.length === 0) return [];
      return send(call, webhook, events, {
        eventType: 'webhook_replayed',
        details: { events: events.length },
      });
    },
  };
}

function filters({ status, eventType, from, until }: DeliveryQuery): Where<'deliveries'> {
  return {
    ...(status === undefined ? {} : { status }),
    ...(eventType === undefined ? {} : { eventType }),
    ...(from === undefined && until === undefined ? {} : { createdAt: timeRange(from, until) }),
  };
}

/** From the first, the second excluded; either may be open. */
export function timeRange(from: number | undefined, until: number | undefined): Range<number> {
  return { gte: from ?? 0, ...(until === undefined ? {} : { lt: until }) };
}

/** In the order in which they happened. @throws ThenarError limit_reached */
async function readEvents(context: Context, where: Where<'webhookEvents'>): Promise<WebhookEventRecord[]> {
  const { store } = context;
  const order = [['sequence', 'asc']] as const;
  const limit = limits.read_page_max;
  const { rows, total } = await store.page('webhookEvents', { where, order, limit });
  if (total > limits.webhook_replay_max) {
    throw new ThenarError('limit_reached', `${total} events are too many for one replay; narrow the range.`, {
      details: { events: total, limit: limits.webhook_replay_max },
    });
  }
  while (rows.length < total) {
    const after = rows.at(-1)?.sequence ?? 0;
    const more = await store.list('webhookEvents', {
      where: { ...where, sequence: { gt: after } },
      order,
      limit,
    });
    if (more.length === 0) break;
    rows.push(...more);
  }
  return rows;
}

/** @throws ThenarError webhook_not_found, webhook_disabled */
function findActive(context: Context, call: TenantCall, webhookId: string): WebhookRecord {
  const webhook = findWebhook(context, call, webhookId);
  if (webhook.status === 'active') return webhook;
  throw new ThenarError('webhook_disabled', 'This webhook is disabled; enable it first.');
}
