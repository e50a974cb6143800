import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { ClientRecord } from '../../engine/records.ts';
import { hashSecret, newClientSecret } from '../../engine/secrets/generate.ts';
import type { EngineApi } from '../api.ts';
import { scopes as allScopes } from '../calls.ts';
import type { Context } from '../context.ts';

/** OAuth clients of a tenant. The secret is returned once and kept only as its hash. */
export function clientCommands(context: Context): EngineApi['clients'] {
  const { clock, random, store } = context;
  return {
    async create(call, input) {
      const { tenantId } = call;
      if ((await store.count('clients', { tenantId, status: 'active' })) >= limits.clients_per_tenant_max) {
        throw new ThenarError('limit_reached', 'This tenant has as many clients as it may have.', {
          details: { limit: limits.clients_per_tenant_max },
        });
      }
      const clientSecret = newClientSecret(random);
      const client: ClientRecord = {
        clientId: random.uuid(),
        tenantId,
        name: input.name,
        secretHash: hashSecret(clientSecret),
        scopes: input.scopes ?? allScopes,
        status: 'active',
        version: 1,
        createdAt: clock.now(),
        deletedAt: null,
      };
      await store.commit({
        tenantId,
        writes: [{ insert: 'clients', row: client }],
        audit: [{ eventType: 'client_created', actor: call.actor, details: { client_id: client.clientId } }],
      });
      return { clientId: client.clientId, clientSecret, name: client.name, scopes: client.scopes };
    },
    list: ({ tenantId }, { page, pageSize }) =>
      store.page('clients', {
        where: { tenantId, status: 'active' },
        order: [
          ['createdAt', 'desc'],
          ['clientId', 'asc'],
        ],
        limit: pageSize,
        offset: (page - 1) * pageSize,
      }),
    async remove(call, clientId) {
      const { tenantId } = call;
      const now = clock.now();
      await store.commit({
        tenantId,
        writes: [
          {
            update: 'clients',
            where: { tenantId, clientId, status: 'active' },
            set: { status: 'deleted', deletedAt: now },
            otherwise: 'client_not_found',
          },
          // People who came in through it sign in again through another.
          { delete: 'userSessions', where: { tenantId, clientId } },
        ],
        audit: [
          {
            eventType: 'client_deleted',
            severity: 'warning',
            actor: call.actor,
            details: { client_id: clientId },
          },
        ],
      });
      context.views.forgetClient(clientId);
      // In memory for as long as a token of it could live; a start reads it from the row.
      context.tokens.revokeClient(clientId, now);
    },
    async regenerate(call, clientId) {
      const { tenantId } = call;
      const client = await store.get('clients', { tenantId, clientId, status: 'active' });
      if (client === null) throw new ThenarError('client_not_found', 'There is no such client.');
      const clientSecret = newClientSecret(random);
      const set = { secretHash: hashSecret(clientSecret), version: client.version + 1 };
      await store.commit({
        tenantId,
        writes: [
          {
            update: 'clients',
            where: { tenantId, clientId, status: 'active', version: client.version },
            set,
            otherwise: 'version_conflict',
          },
        ],
        audit: [
          {
            eventType: 'client_secret_regenerated',
            severity: 'warning',
            actor: call.actor,
            details: { client_id: clientId },
          },
        ],
      });
      context.views.forgetClient(clientId);
      return { client: { ...client, ...set }, clientSecret };
    },
  };
}
