/** OAuth clients: how a tenant's own systems are connected. */
import { scopes } from '../../../../actors/calls.ts';
import { route } from '../../../http/route.ts';
import { defined, list, object, oneOf, optional, string, text, uuid } from '../../../http/schema.ts';
import { administrators } from '../roles.ts';

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
