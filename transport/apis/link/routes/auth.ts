/** Tokens for OAuth clients, and the keys that verify them. */
import { ThenarError } from '../../../../engine/errors.ts';
import { route } from '../../../http/route.ts';
import { constant, freeform, integer, list, object, optional, string, text } from '../../../http/schema.ts';
import { isUuid } from '../../../http/uuid.ts';
import { invalid } from '../../../http/validate.ts';

const invalidClient = 'Invalid client_id or client_secret.';

export const authRoutes = [
  route({
    method: 'POST',
    path: '/v1/auth/token',
    operation: 'issueToken',
    summary: 'Exchange client credentials for an access token.',
    auth: 'public',
    envelope: 'top',
    invalidStatus: 400,
    forms: true,
    body: object({
      grant_type: text({ max: 64 }),
      client_id: optional(text({ max: 64 })),
      client_secret: optional(text({ max: 256 })),
    }),
    reply: object({ access_token: string, token_type: constant('Bearer'), expires_in: integer() }),
    handle: async ({ api, call, body, request }) => {
      if (body.grant_type !== 'client_credentials') {
        throw new ThenarError('unsupported_grant_type', 'grant_type must be client_credentials.');
      }
      const input = clientCredentials(body, request.headers.authorization);
      const { accessToken, expiresInS } = await api.auth.issueToken(call, input);
      return { data: { access_token: accessToken, token_type: 'Bearer', expires_in: expiresInS } };
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
];

interface Credentials {
  readonly client_id?: string | undefined;
  readonly client_secret?: string | undefined;
}

/**
 * From the body (document 003), or by HTTP Basic as RFC 6749 section 2.3.1 lets clients do.
 * @throws ThenarError validation_failed, invalid_client
 */
function clientCredentials(body: Credentials, authorization: string | undefined) {
  const given = { ...body, ...basicCredentials(authorization) };
  const missing = (['client_id', 'client_secret'] as const).filter((name) => given[name] === undefined);
  if (missing.length > 0) throw invalid(missing.map((field) => ({ field, message: 'is required' })));
  const { client_id: clientId = '', client_secret: clientSecret = '' } = given;
  if (!isUuid(clientId)) throw new ThenarError('invalid_client', invalidClient);
  return { clientId, clientSecret };
}

function basicCredentials(authorization: string | undefined): Credentials {
  const encoded = authorization === undefined ? null : /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization);
  if (encoded === null) return {};
  const [id = '', ...secret] = Buffer.from(encoded[1] ?? '', 'base64')
    .toString('utf8')
    .split(':');
  try {
    return { client_id: decodeURIComponent(id), client_secret: decodeURIComponent(secret.join(':')) };
  } catch {
    throw new ThenarError('invalid_client', invalidClient);
  }
}
