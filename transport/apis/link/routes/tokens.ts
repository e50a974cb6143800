/** What a token request must bring, grant by grant. */
import type { EngineApi } from '../../../../actors/api.ts';
import type { Call } from '../../../../actors/calls.ts';
import type { CodeTarget } from '../../../../engine/accounts/target.ts';
import { ThenarError } from '../../../../engine/errors.ts';
import { normalEmail, normalMobile } from '../../../../engine/identity/contact.ts';
import { canonicalUuid, isUuid } from '../../../../engine/uuid.ts';
import { defined, object, optional, type TypeOf, text } from '../../../http/schema.ts';
import { invalid } from '../../../http/validate.ts';

export const emailText = text({ max: 320, format: 'email' });

export const tokenRequest = object({
  grant_type: text({ max: 64 }),
  client_id: optional(text({ max: 64 })),
  client_secret: optional(text({ max: 256 })),
  scope: optional(text({ max: 1_024 })),
  // Any text: what is no address is nobody's.
  email: optional(text({ max: 320 })),
  password: optional(text({ max: 1_024 })),
  mobile: optional(text({ max: 32 })),
  code: optional(text({ max: 16 })),
  refresh_token: optional(text({ max: 256 })),
});
type TokenRequest = TypeOf<typeof tokenRequest>;

export interface Granted {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly scope?: string;
}

type Grant = (api: EngineApi, call: Call, request: TokenRequest) => Promise<Granted>;

const grants: Readonly<Record<string, Grant>> = {
  __proto__: null as never,

  async client_credentials(api, call, request) {
    const given = need(request, 'client_id', 'client_secret');
    const scopes = request.scope?.split(' ').filter((scope) => scope !== '');
    const granted = await api.auth.issueToken(call, {
      clientId: clientId(given.client_id),
      clientSecret: given.client_secret,
      ...defined({ scopes }),
    });
    return {
      access_token: granted.accessToken,
      token_type: 'Bearer',
      expires_in: granted.expiresInS,
      ...(scopes === undefined ? {} : { scope: granted.scopes.join(' ') }),
    };
  },

  async password(api, call, request) {
    const { client_id: id, email, password } = need(request, 'client_id', 'email', 'password');
    return user(await api.accounts.signInByPassword(call, { ...through(request, id), email, password }));
  },

  async 'urn:thenar:otp'(api, call, request) {
    const { client_id: id, code } = need(request, 'client_id', 'code');
    const target = targetOf(request);
    return user(await api.accounts.signInByCode(call, { ...through(request, id), target, code }));
  },

  async refresh_token(api, call, request) {
    const { client_id: id, refresh_token: refreshToken } = need(request, 'client_id', 'refresh_token');
    return user(await api.accounts.refresh(call, { ...through(request, id), refreshToken }));
  },
};

export const grantTypes = Object.keys(grants);

/** @throws ThenarError unsupported_grant_type, validation_failed naming the field, and what the engine refuses with */
export function grantToken(api: EngineApi, call: Call, request: TokenRequest): Promise<Granted> {
  const grant = grants[request.grant_type];
  if (grant === undefined) {
    throw new ThenarError('unsupported_grant_type', `grant_type must be one of ${grantTypes.join(', ')}.`);
  }
  return grant(api, call, request);
}

/** The fields of a grant. @throws ThenarError validation_failed naming those that are missing */
function need<K extends keyof TokenRequest>(
  request: TokenRequest,
  ...names: readonly K[]
): Record<K, string> {
  const missing = names.filter((name) => request[name] === undefined);
  if (missing.length > 0) throw invalid(missing.map((field) => ({ field, message: 'is required' })));
  return request as Record<K, string>;
}

export function clientId(value: string): string {
  if (!isUuid(value)) throw new ThenarError('invalid_client', 'Invalid client_id or client_secret.');
  return canonicalUuid(value);
}

function through(request: TokenRequest, id: string) {
  return { clientId: clientId(id), ...defined({ clientSecret: request.client_secret }) };
}

/** Exactly one of the two. @throws ThenarError validation_failed */
export function targetOf(body: {
  readonly mobile?: string | undefined;
  readonly email?: string | undefined;
}): CodeTarget {
  if ((body.mobile === undefined) === (body.email === undefined)) {
    throw invalid([{ field: 'mobile', message: 'is required unless email is given, and never both' }]);
  }
  return body.mobile === undefined
    ? { email: normalEmail(body.email ?? '') }
    : { mobile: normalMobile(body.mobile) };
}

function user(tokens: Awaited<ReturnType<EngineApi['accounts']['refresh']>>): Granted {
  return {
    access_token: tokens.accessToken,
    token_type: 'Bearer',
    expires_in: tokens.expiresInS,
    refresh_token: tokens.refreshToken,
  };
}

interface Credentials {
  readonly client_id?: string | undefined;
  readonly client_secret?: string | undefined;
}

/**
 * A client's credentials from the body (document 003), or by HTTP Basic as RFC 6749 section 2.3.1 lets clients do.
 * @throws ThenarError invalid_client
 */
export function withBasic<B extends Credentials>(body: B, authorization: string | undefined): B {
  const encoded = authorization === undefined ? null : /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization);
  if (encoded === null) return body;
  const [id = '', ...secret] = Buffer.from(encoded[1] ?? '', 'base64')
    .toString('utf8')
    .split(':');
  try {
    return {
      ...body,
      client_id: decodeURIComponent(id),
      client_secret: decodeURIComponent(secret.join(':')),
    };
  } catch {
    throw new ThenarError('invalid_client', 'Invalid client_id or client_secret.');
  }
}
