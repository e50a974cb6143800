/** Who issues the access tokens of a tenant's wallets (document 001), besides the engine itself. */
import { limits } from '../../../../engine/limits.ts';
import type { IdentityProviderRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  freeform,
  list,
  named,
  nullable,
  object,
  optional,
  string,
  type TypeOf,
  text,
  time,
} from '../../../http/schema.ts';
import { timestamp } from '../../../wire/time.ts';
import { administrators, readers } from '../roles.ts';

const name = text({ max: limits.identity_provider_name_length_max });
/** RFC 6749 section 3.3. */
const scopes = list(text({ pattern: '^[!#-\\[\\]-~]+$' }), { max: limits.identity_provider_scopes_max });

const providerSchema = named(
  'IdentityProvider',
  object({
    issuer: string,
    audience: string,
    jwks_url: nullable(string),
    jwks: nullable(freeform),
    read_scopes: list(string),
    write_scopes: list(string),
    updated_at: time,
  }),
);

function providerWire(provider: IdentityProviderRecord): TypeOf<typeof providerSchema> {
  return {
    issuer: provider.issuer,
    audience: provider.audience,
    jwks_url: provider.jwksUrl,
    jwks: provider.jwks,
    read_scopes: provider.readScopes,
    write_scopes: provider.writeScopes,
    updated_at: timestamp(provider.updatedAt),
  };
}

export const identityProviderRoutes = [
  route({
    method: 'GET',
    path: '/v1/tenant/identity-provider',
    operation: 'getIdentityProvider',
    summary: 'Who issues the access tokens of the tenant’s wallets.',
    auth: 'session',
    roles: readers,
    reply: providerSchema,
    errors: ['identity_provider_not_found'],
    handle: async ({ api, call }) => ({ data: providerWire(await api.identityProviders.get(call)) }),
  }),
  route({
    method: 'PUT',
    path: '/v1/tenant/identity-provider',
    operation: 'setIdentityProvider',
    summary: 'Take tokens of that issuer for that audience, by the keys at a URL or by the keys given.',
    auth: 'session',
    roles: administrators,
    body: object(
      {
        issuer: name,
        audience: name,
        jwks_url: optional(text({ max: limits.webhook_url_bytes_max })),
        jwks: optional(freeform),
        read_scopes: optional(scopes),
        write_scopes: optional(scopes),
      },
      { exactlyOne: [['jwks_url', 'jwks']] },
    ),
    reply: providerSchema,
    errors: ['identity_provider_taken', 'identity_provider_refused'],
    handle: async ({ api, call, body }) => {
      const { issuer, audience, jwks_url: jwksUrl = null, jwks = null } = body;
      const { read_scopes: readScopes = [], write_scopes: writeScopes = [] } = body;
      const input = { issuer, audience, jwksUrl, jwks, readScopes, writeScopes };
      return { data: providerWire(await api.identityProviders.set(call, input)) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/tenant/identity-provider',
    operation: 'removeIdentityProvider',
    summary: 'Take no tokens but the engine’s own; wallets that are registered stay.',
    auth: 'session',
    roles: administrators,
    reply: object({ removed: boolean }),
    errors: ['identity_provider_not_found'],
    handle: async ({ api, call }) => {
      await api.identityProviders.remove(call);
      return { data: { removed: true } };
    },
  }),
];
