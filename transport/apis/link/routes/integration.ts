/** OAuth clients: how a tenant's own systems are connected. */
import { scopes } from '../../../../actors/calls.ts';
import type { ClientRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  defined,
  list,
  named,
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
import { timestamp } from '../../../wire/time.ts';
import { administrators, readers } from '../roles.ts';

const clientFields = { client_id: uuid, name: string, scopes: list(string), created_at: time };
const clientSchema = named('OAuthClient', object(clientFields));

function clientWire(client: ClientRecord): TypeOf<typeof clientSchema> {
  return {
    client_id: client.clientId,
    name: client.name,
    scopes: client.scopes,
    created_at: timestamp(client.createdAt),
  };
}

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
    errors: ['limit_reached'],
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
  route({
    method: 'GET',
    path: '/v1/clients',
    operation: 'listClients',
    summary: 'OAuth clients of the tenant, newest first.',
    auth: 'session',
    roles: readers,
    envelope: 'list',
    query: object(pageFields),
    reply: list(clientSchema),
    handle: async ({ api, call, query }) => {
      const page = pageOf(query);
      return pageAnswer(await api.clients.list(call, page), page, clientWire);
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/clients/{id}',
    operation: 'deleteClient',
    summary: 'Delete an OAuth client: its tokens are refused from now on.',
    auth: 'session',
    roles: administrators,
    params: { id: 'client_not_found' },
    reply: object({ client_id: uuid, deleted: boolean }),
    errors: ['client_not_found'],
    handle: async ({ api, call, params }) => {
      const clientId = params.id ?? '';
      await api.clients.remove(call, clientId);
      return { data: { client_id: clientId, deleted: true } };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/clients/{id}/regenerate',
    operation: 'regenerateClientSecret',
    summary: 'A new secret, shown once, in place of the old one; tokens that are out go on.',
    auth: 'session',
    roles: administrators,
    params: { id: 'client_not_found' },
    reply: object({ ...clientFields, client_secret: string }),
    errors: ['client_not_found'],
    handle: async ({ api, call, params }) => {
      const { client, clientSecret } = await api.clients.regenerate(call, params.id ?? '');
      return {
        data: { ...clientWire(client), client_secret: clientSecret },
        message: 'Keep the client secret now; it is not shown again.',
      };
    },
  }),
];
