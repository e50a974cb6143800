/** OAuth clients and webhooks: how a tenant's own systems are connected. */
import { scopes } from '../../../../actors/calls.ts';
import type { WebhookRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  defined,
  list,
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
import { timestamp } from '../../../wire/time.ts';
import { administrators, readers } from '../roles.ts';

export const clientRoutes = [
  route({
    method: 'POST',
    path: '/v1/clients',
    operation: 'createClient',
    summary: 'Create an OAuth client; its secret is shown once.',
    auth: 'session',
    roles: administrators,
    status: 201,
    body: object({ name: text(), scopes: optional(list(oneOf(...scopes), { min: 1, max: scopes.length })) }),
    reply: object({ client_id: uuid, client_secret: string, name: string, scopes: list(string) }),
    handle: async ({ api, call, body }) => {
      const created = await api.clients.create(call, {
        name: body.name,
        ...defined({ scopes: body.scopes }),
      });
      return {
        data: {
          client_id: created.clientId,
          client_secret: created.clientSecret,
          name: created.name,
          scopes: created.scopes,
        },
        message: 'Keep the client secret now; it is not shown again.',
      };
    },
  }),
];

const webhookFields = {
  webhook_id: uuid,
  name: string,
  endpoint: string,
  events: list(string),
  status: oneOf('active', 'disabled'),
  created_at: time,
};
const webhookSchema = object(webhookFields);

function webhookWire(webhook: WebhookRecord): TypeOf<typeof webhookSchema> {
  return {
    webhook_id: webhook.webhookId,
    name: webhook.name,
    endpoint: webhook.endpoint,
    events: webhook.events,
    status: webhook.status,
    created_at: timestamp(webhook.createdAt),
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
] as const;

export const webhookRoutes = [
  route({
    method: 'POST',
    path: '/v1/webhooks',
    operation: 'createWebhook',
    summary: 'Subscribe an endpoint to events; its signing secret is shown once.',
    auth: 'client_or_session',
    scope: 'webhooks:write',
    roles: administrators,
    status: 201,
    invalidStatus: 400,
    body: object({
      name: text(),
      endpoint: text({ max: 2_048, format: 'uri', pattern: '^https?://' }),
      events: list(oneOf(...webhookEvents), { min: 1, max: webhookEvents.length }),
      // The value becomes a header, so it is held to visible ASCII.
      api_key: optional(nullable(text({ max: 512, pattern: '^[\\x21-\\x7e]+$' }))),
    }),
    reply: object({ ...webhookFields, secret: string }),
    handle: async ({ api, call, body }) => {
      const { name, endpoint, events, api_key: apiKey } = body;
      const input = { name, endpoint, events, ...defined({ apiKey }) };
      const { webhook, secret } = await api.webhooks.create(call, input);
      return { data: { ...webhookWire(webhook), secret }, message: 'Webhook created and activated.' };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/webhooks',
    operation: 'listWebhooks',
    summary: 'Webhooks of the tenant.',
    auth: 'client_or_session',
    scope: 'webhooks:read',
    roles: readers,
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
    method: 'DELETE',
    path: '/v1/webhooks/{id}',
    operation: 'deleteWebhook',
    summary: 'Delete a webhook.',
    auth: 'client_or_session',
    scope: 'webhooks:write',
    roles: administrators,
    params: { id: 'webhook_not_found' },
    reply: object({ webhook_id: uuid, deleted: boolean }),
    handle: async ({ api, call, params }) => {
      const webhookId = params.id ?? '';
      await api.webhooks.remove(call, webhookId);
      return { data: { webhook_id: webhookId, deleted: true } };
    },
  }),
];
