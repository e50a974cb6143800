/** Webhooks: what a tenant's own systems are told, and the log of it. */
import type { DeliveryRecord, WebhookRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  defined,
  integer,
  list,
  named,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
  text,
  time,
  uuid,
} from '../../../http/schema.ts';
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import { moment, periodFields, periodOf } from '../../../wire/period.ts';
import { timestamp, timestampOrNull } from '../../../wire/time.ts';
import { administrators, operators, readers } from '../roles.ts';

const status = oneOf('active', 'disabled');
const webhookFields = {
  webhook_id: uuid,
  name: string,
  endpoint: string,
  events: list(string),
  status,
  created_at: time,
  /** While a secret and the one before it both sign. */
  previous_secret_until: optional(time),
};
const webhookSchema = named('Webhook', object(webhookFields));

function webhookWire(webhook: WebhookRecord): TypeOf<typeof webhookSchema> {
  return {
    webhook_id: webhook.webhookId,
    name: webhook.name,
    endpoint: webhook.endpoint,
    events: webhook.events,
    status: webhook.status,
    created_at: timestamp(webhook.createdAt),
    ...defined({ previous_secret_until: timestampOrNull(webhook.previousSecretUntil) ?? undefined }),
  };
}

const deliverySchema = named(
  'Delivery',
  object({
    delivery_id: string,
    webhook_id: uuid,
    event_id: string,
    event_type: string,
    status: oneOf('pending', 'delivered', 'failed'),
    attempts: integer(),
    last_status: nullable(integer()),
    last_error: nullable(string),
    created_at: time,
    delivered_at: nullable(time),
    next_attempt_at: optional(time),
  }),
);

function deliveryWire(delivery: DeliveryRecord): TypeOf<typeof deliverySchema> {
  return {
    delivery_id: delivery.deliveryId,
    webhook_id: delivery.webhookId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    status: delivery.status,
    attempts: delivery.attempts,
    last_status: delivery.lastStatus,
    last_error: delivery.lastError,
    created_at: timestamp(delivery.createdAt),
    delivered_at: timestampOrNull(delivery.deliveredAt),
    ...(delivery.status === 'pending' ? { next_attempt_at: timestamp(delivery.nextAttemptAt) } : {}),
  };
}

/** What can be subscribed to (CONTRACT: webhooks). */
const webhookEvents = [
  'device.paired',
  'enrollment.complete',
  'verification.complete',
  'verification.failed',
  'user.suspended',
  'user.reactivated',
  'consent.withdrawn',
  'kyc.status',
  'keyshare.recovered',
] as const;

const name = text();
const endpoint = text({ max: 2_048, format: 'uri', pattern: '^https?://' });
const events = list(oneOf(...webhookEvents), { min: 1, max: webhookEvents.length });
// The value becomes a header, so it is held to visible ASCII.
const apiKey = nullable(text({ max: 512, pattern: '^[\\x21-\\x7e]+$' }));
const secretShown = 'Keep the signing secret now; it is not shown again.';

const writer = { auth: 'client_or_session', scope: 'webhooks:write' } as const;
const reader = { auth: 'client_or_session', scope: 'webhooks:read', roles: readers } as const;

export const webhookRoutes = [
  route({
    ...writer,
    method: 'POST',
    path: '/v1/webhooks',
    operation: 'createWebhook',
    summary: 'Subscribe an endpoint to events; its signing secret is shown once.',
    roles: administrators,
    status: 201,
    invalidStatus: 400,
    body: object({ name, endpoint, events, api_key: optional(apiKey) }),
    reply: object({ ...webhookFields, secret: string }),
    errors: ['webhook_taken', 'webhook_endpoint_refused', 'limit_reached'],
    handle: async ({ api, call, body: { api_key: key, ...rest } }) => {
      const { webhook, secret } = await api.webhooks.create(call, {
        name: rest.name,
        endpoint: rest.endpoint,
        events: rest.events,
        ...defined({ apiKey: key }),
      });
      return { data: { ...webhookWire(webhook), secret }, message: 'Webhook created and activated.' };
    },
  }),
  route({
    ...reader,
    method: 'GET',
    path: '/v1/webhooks',
    operation: 'listWebhooks',
    summary: 'Webhooks of the tenant.',
    envelope: 'list',
    reply: list(webhookSchema),
    handle: async ({ api, call }) => {
      const webhooks = await api.webhooks.list(call);
      const total = webhooks.length;
      return {
        data: webhooks.map(webhookWire),
        pagination: { page: 1, page_size: Math.max(1, total), total },
      };
    },
  }),
  route({
    ...writer,
    method: 'PATCH',
    path: '/v1/webhooks/{id}',
    operation: 'updateWebhook',
    summary: 'Change a webhook; enabling it, or another endpoint, tries at once what waits.',
    roles: administrators,
    params: { id: 'webhook_not_found' },
    body: object({
      name: optional(name),
      endpoint: optional(endpoint),
      events: optional(events),
      api_key: optional(apiKey),
      status: optional(status),
    }),
    reply: webhookSchema,
    errors: ['webhook_taken', 'webhook_endpoint_refused'],
    handle: async ({ api, call, params, body: { api_key: key, ...rest } }) => {
      const changes = defined({
        name: rest.name,
        endpoint: rest.endpoint,
        events: rest.events,
        status: rest.status,
        apiKey: key,
      });
      return { data: webhookWire(await api.webhooks.update(call, params.id ?? '', changes)) };
    },
  }),
  route({
    ...writer,
    method: 'DELETE',
    path: '/v1/webhooks/{id}',
    operation: 'deleteWebhook',
    summary: 'Delete a webhook.',
    roles: administrators,
    params: { id: 'webhook_not_found' },
    reply: object({ webhook_id: uuid, deleted: boolean }),
    handle: async ({ api, call, params }) => {
      const webhookId = params.id ?? '';
      await api.webhooks.remove(call, webhookId);
      return { data: { webhook_id: webhookId, deleted: true } };
    },
  }),
  route({
    ...writer,
    method: 'POST',
    path: '/v1/webhooks/{id}/regenerate',
    operation: 'regenerateWebhookSecret',
    summary: 'Make a new signing secret, shown once; the one before signs beside it for a day.',
    roles: administrators,
    params: { id: 'webhook_not_found' },
    reply: object({ ...webhookFields, secret: string }),
    handle: async ({ api, call, params }) => {
      const { webhook, secret } = await api.webhooks.regenerate(call, params.id ?? '');
      return { data: { ...webhookWire(webhook), secret }, message: secretShown };
    },
  }),
  route({
    ...writer,
    method: 'POST',
    path: '/v1/webhooks/{id}/test',
    operation: 'testWebhook',
    summary: 'Send the webhook a test event, on the way of every other.',
    roles: operators,
    status: 202,
    params: { id: 'webhook_not_found' },
    reply: deliverySchema,
    errors: ['webhook_disabled'],
    handle: async ({ api, call, params }) => ({
      data: deliveryWire(await api.webhooks.test(call, params.id ?? '')),
    }),
  }),
  route({
    ...reader,
    method: 'GET',
    path: '/v1/webhooks/{id}/deliveries',
    operation: 'listDeliveries',
    summary: 'What the webhook was sent, newest first.',
    envelope: 'list',
    params: { id: 'webhook_not_found' },
    query: object({
      ...pageFields,
      ...periodFields,
      status: optional(oneOf('pending', 'delivered', 'failed')),
      event_type: optional(oneOf(...webhookEvents, 'webhook.test')),
    }),
    reply: list(deliverySchema),
    handle: async ({ api, call, params, query }) => {
      const page = pageOf(query);
      const found = await api.webhooks.deliveries(call, params.id ?? '', {
        ...page,
        ...periodOf(query.date_from, query.date_to),
        ...defined({ status: query.status, eventType: query.event_type }),
      });
      return pageAnswer(found, page, deliveryWire);
    },
  }),
  route({
    ...writer,
    method: 'POST',
    path: '/v1/webhooks/{id}/deliveries/{delivery_id}/replay',
    operation: 'replayDelivery',
    summary: 'Send the event of a delivery again, as a new delivery.',
    roles: operators,
    status: 202,
    params: { id: 'webhook_not_found' },
    words: ['delivery_id'],
    reply: deliverySchema,
    errors: ['delivery_not_found', 'webhook_disabled'],
    handle: async ({ api, call, params }) => ({
      data: deliveryWire(await api.webhooks.replay(call, params.id ?? '', params.delivery_id ?? '')),
    }),
  }),
  route({
    ...writer,
    method: 'POST',
    path: '/v1/webhooks/{id}/replay',
    operation: 'replayDeliveries',
    summary: 'Send all events of a time again, in their order, as new deliveries.',
    roles: operators,
    status: 202,
    params: { id: 'webhook_not_found' },
    body: object({ from: moment, to: moment, event_types: optional(events) }),
    reply: object({ replayed: integer(), delivery_ids: list(string) }),
    errors: ['webhook_disabled', 'limit_reached'],
    handle: async ({ api, call, params, body }) => {
      const { from = 0, until = 0 } = periodOf(body.from, body.to, ['from', 'to']);
      const range = { from, until, ...defined({ eventTypes: body.event_types }) };
      const deliveries = await api.webhooks.replayRange(call, params.id ?? '', range);
      const ids = deliveries.map((delivery) => delivery.deliveryId);
      return { data: { replayed: ids.length, delivery_ids: ids } };
    },
  }),
];
