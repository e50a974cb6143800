/** Tokens: getting them, looking at them, and what verifies them. */
import { scopes } from '../../../../actors/calls.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  constant,
  freeform,
  integer,
  list,
  object,
  optional,
  string,
  text,
} from '../../../http/schema.ts';
import { invalid } from '../../../http/validate.ts';
import { clientId, grantToken, grantTypes, tokenRequest, withBasic } from './tokens.ts';

/** Tokens must not stay in anybody's cache (RFC 6749 section 5.1). */
const uncached = { 'cache-control': 'no-store' };

export const authRoutes = [
  route({
    method: 'POST',
    path: '/v1/auth/token',
    operation: 'issueToken',
    summary:
      'Exchange credentials for an access token: of a client, or of an end user who comes through one.',
    auth: 'public',
    envelope: 'top',
    invalidStatus: 400,
    forms: true,
    body: tokenRequest,
    reply: object({
      access_token: string,
      token_type: constant('Bearer'),
      expires_in: integer(),
      refresh_token: optional(string),
      scope: optional(string),
    }),
    errors: [
      'unsupported_grant_type',
      'invalid_client',
      'invalid_grant',
      'invalid_scope',
      'email_not_verified',
      'auth_method_disabled',
      'too_many_attempts',
      'tenant_suspended',
    ],
    handle: async ({ api, call, body, request }) => ({
      data: await grantToken(api, call, withBasic(body, request.headers.authorization)),
      headers: uncached,
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/auth/introspect',
    operation: 'introspectToken',
    summary: 'Whether a token of the calling client’s tenant is good, and whose it is (RFC 7662).',
    auth: 'public',
    envelope: 'bare',
    invalidStatus: 400,
    forms: true,
    body: object({
      token: text({ max: 8_192 }),
      token_type_hint: optional(text({ max: 64 })),
      client_id: optional(text({ max: 64 })),
      client_secret: optional(text({ max: 256 })),
    }),
    reply: object({
      active: boolean,
      scope: optional(string),
      client_id: optional(string),
      token_type: optional(string),
      token_kind: optional(string),
      exp: optional(integer()),
      iat: optional(integer()),
      sub: optional(string),
      aud: optional(string),
      iss: optional(string),
      jti: optional(string),
      tenant_id: optional(string),
    }),
    errors: ['invalid_client'],
    handle: async ({ api, call, body, request }) => {
      const given = withBasic(body, request.headers.authorization);
      const missing = (['client_id', 'client_secret'] as const).filter((name) => given[name] === undefined);
      if (missing.length > 0) throw invalid(missing.map((field) => ({ field, message: 'is required' })));
      const found = await api.accounts.introspect(call, {
        clientId: clientId(given.client_id ?? ''),
        clientSecret: given.client_secret ?? '',
        token: body.token,
      });
      if (found === null) return { data: { active: false }, headers: uncached };
      const { issuer } = api.auth.issuer();
      return {
        data: {
          active: true,
          scope: found.scopes.join(' '),
          client_id: found.clientId,
          token_type: found.kind === 'refresh' ? 'refresh_token' : 'Bearer',
          token_kind: found.kind === 'client' ? 'client' : 'user',
          exp: Math.floor(found.expiresAt / 1000),
          iat: Math.floor(found.issuedAt / 1000),
          sub: found.subject,
          aud: issuer,
          iss: issuer,
          tenant_id: found.tenantId,
          ...(found.jti === null ? {} : { jti: found.jti }),
        },
        headers: uncached,
      };
    },
  }),
  route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    operation: 'jwks',
    summary: 'Public keys that verify access tokens (RFC 7517).',
    auth: 'public',
    envelope: 'bare',
    reply: object({ keys: list(freeform) }),
    handle: ({ api }) => ({
      data: api.auth.jwks() as { readonly keys: [] },
      // Verifiers keep it for a while; a new key is published long before it signs.
      headers: { 'cache-control': 'public, max-age=300' },
    }),
  }),
  route({
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    operation: 'oauthMetadata',
    summary: 'What this authorization server offers (RFC 8414).',
    auth: 'public',
    envelope: 'bare',
    reply: object({
      issuer: string,
      token_endpoint: string,
      jwks_uri: string,
      introspection_endpoint: string,
      revocation_endpoint: string,
      scopes_supported: list(string),
      response_types_supported: list(string),
      grant_types_supported: list(string),
      token_endpoint_auth_methods_supported: list(string),
      introspection_endpoint_auth_methods_supported: list(string),
      service_documentation: string,
    }),
    handle: ({ api }) => {
      const { issuer, publicUrl } = api.auth.issuer();
      const proven = ['client_secret_basic', 'client_secret_post'];
      return {
        data: {
          issuer,
          token_endpoint: `${publicUrl}/v1/auth/token`,
          jwks_uri: `${publicUrl}/.well-known/jwks.json`,
          introspection_endpoint: `${publicUrl}/v1/auth/introspect`,
          revocation_endpoint: `${publicUrl}/v1/auth/revoke`,
          scopes_supported: scopes,
          // There is no authorization endpoint, so no response type.
          response_types_supported: [],
          grant_types_supported: grantTypes,
          token_endpoint_auth_methods_supported: [...proven, 'none'],
          introspection_endpoint_auth_methods_supported: proven,
          service_documentation: `${publicUrl}/docs`,
        },
        headers: { 'cache-control': 'public, max-age=300' },
      };
    },
  }),
];
