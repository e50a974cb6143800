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
      };
      await store.commit({
        tenantId,
        writes: [{ insert: 'clients', row: client }],
        audit: [{ eventType: 'client_created', actor: call.actor, details: { client_id: client.clientId } }],
      });
      return { clientId: client.clientId, clientSecret, name: client.name, scopes: client.scopes };
    },
  };
}
