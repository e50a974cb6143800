import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { readEndpoint } from '../../engine/outbound/target.ts';
import type { IdentityProviderRecord } from '../../engine/records.ts';
import { hasPrivatePart, readKeySet } from '../../engine/tokens/jwks.ts';
import type { EngineApi, SetIdentityProvider } from '../api.ts';
import type { Context } from '../context.ts';
import { oneAtATime } from './attempts.ts';

/** Who issues the tokens of a tenant's wallets, besides ours. Changes of one tenant's take their turn. */
export function identityProviderCommands(context: Context): EngineApi['identityProviders'] {
  const { clock, store, views } = context;
  const guarded = oneAtATime();

  function find(tenantId: string): IdentityProviderRecord {
    const found = views.identityProviders.get(tenantId);
    if (found === undefined) {
      throw new ThenarError('identity_provider_not_found', 'This tenant has no identity provider.');
    }
    return found;
  }

  return {
    get: async ({ tenantId }) => find(tenantId),
    set: (call, input) =>
      guarded(call.tenantId, async () => {
        const { tenantId } = call;
        check(context, input);
        const before = views.identityProviders.get(tenantId) ?? null;
        const version = (before?.version ?? 0) + 1;
        const provider: IdentityProviderRecord = { tenantId, ...input, version, updatedAt: clock.now() };
        await store
          .commit({
            tenantId,
            writes: [{ upsert: 'identityProviders', row: provider }],
            audit: [
              {
                eventType: 'identity_provider_set',
                severity: 'warning',
                actor: call.actor,
                details: details(provider),
              },
            ],
          })
          .catch((error: unknown) => {
            if (!isThenarError(error, 'identity_provider_taken')) throw error;
            throw new ThenarError(
              'identity_provider_taken',
              'Tokens of this issuer for this audience are another tenant’s.',
            );
          });
        views.setIdentityProvider(provider);
        return provider;
      }),
    remove: (call) =>
      guarded(call.tenantId, async () => {
        const { tenantId } = call;
        const provider = find(tenantId);
        await store.commit({
          tenantId,
          writes: [{ delete: 'identityProviders', where: { tenantId } }],
          audit: [
            {
              eventType: 'identity_provider_removed',
              severity: 'warning',
              actor: call.actor,
              details: details(provider),
            },
          ],
        });
        views.removeIdentityProvider(tenantId);
      }),
  };
}

/** @throws ThenarError identity_provider_refused, validation_failed */
function check({ config, deployment }: Context, { issuer, jwksUrl, jwks }: SetIdentityProvider): void {
  if (issuer === deployment.issuer) {
    throw refused('Tokens of this engine are taken without a setting.');
  }
  if (jwksUrl !== null) {
    try {
      readEndpoint(jwksUrl, config.webhookAllowPrivate);
    } catch (error) {
      if (!isThenarError(error, 'webhook_endpoint_refused')) throw error;
      throw refused(error.message.replace(/^The endpoint/, 'jwks_url'));
    }
  }
  if (jwks === null) return;
  if (hasPrivatePart(jwks)) throw unusable('must hold public keys only');
  const { keys } = keySetOf(jwks);
  if (keys.length === 0) throw unusable('must hold an RSA or P-256 key that verifies signatures');
}

function keySetOf(jwks: object): ReturnType<typeof readKeySet> {
  try {
    return readKeySet(jwks);
  } catch {
    throw unusable(`must be a set of at most ${limits.jwks_keys_max} keys`);
  }
}

function unusable(message: string): ThenarError {
  return new ThenarError('validation_failed', `jwks ${message}.`, {
    details: { fields: [{ field: 'jwks', message }] },
  });
}

function refused(message: string): ThenarError {
  return new ThenarError('identity_provider_refused', message);
}

function details(provider: IdentityProviderRecord): Readonly<Record<string, string | number | null>> {
  const { issuer, audience, jwksUrl, jwks, readScopes, writeScopes } = provider;
  return {
    issuer,
    audience,
    jwks_url: jwksUrl,
    static_keys: jwks === null ? 0 : readKeySet(jwks).keys.length,
    read_scopes: readScopes.join(' '),
    write_scopes: writeScopes.join(' '),
  };
}
