/** How each kind of caller shows who it is. */
import { scopes } from '../../../actors/calls.ts';
import type { Auth, Method, Route } from '../route.ts';

type Requirement = Readonly<Record<string, readonly string[]>>;

/** A cookie alone changes nothing: unsafe methods also need the session's token in a header. */
function session(method: Method): Requirement {
  return method === 'GET' ? { consoleSession: [] } : { consoleSession: [], csrfToken: [] };
}

const requirements: Readonly<Record<Auth, (route: Route) => readonly Requirement[]>> = {
  public: () => [],
  client_or_session: ({ method, scope }) => [
    { clientCredentials: scope === undefined ? [] : [scope] },
    session(method),
  ],
  session: ({ method }) => [session(method)],
  platform: ({ method }) => [session(method)],
  self: ({ method }) => [session(method)],
  user: () => [{ userToken: [] }],
  wallet: () => [{ walletToken: [] }],
  subject: () => [{ walletToken: [] }],
  device: () => [{ deviceCertificate: [] }],
  operator: () => [{ operatorToken: [] }],
};

export function securityOf(route: Route): readonly Requirement[] {
  return requirements[route.auth](route);
}

const verbs: Readonly<Record<string, string>> = { read: 'Read', write: 'Create, change and delete' };

export const securitySchemes: Readonly<Record<string, object>> = {
  clientCredentials: {
    type: 'oauth2',
    description: 'An OAuth client of a tenant. A client made without scopes has all of them.',
    flows: {
      clientCredentials: {
        tokenUrl: '/v1/auth/token',
        scopes: Object.fromEntries(
          scopes.map((scope) => {
            const [subject = '', verb = ''] = scope.split(':');
            return [scope, `${verbs[verb] ?? verb} ${subject.replaceAll('_', ' ')}`];
          }),
        ),
      },
    },
  },
  consoleSession: {
    type: 'apiKey',
    in: 'cookie',
    name: 'thenar_session',
    description: 'Set by POST /v1/console/login: HttpOnly, SameSite=Strict.',
  },
  csrfToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-CSRF-Token',
    description: 'The csrf_token that the login answered; unsafe methods need it beside the cookie.',
  },
  userToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'Access token of an end user: POST /v1/auth/token with one of the grants of users.',
  },
  walletToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'Access token of the tenant’s identity provider (PUT /v1/tenant/identity-provider), or of an end user as above.',
  },
  deviceCertificate: {
    type: 'mutualTLS',
    description: 'A certificate of the platform CA, got by pairing. Served on the device listener.',
  },
  operatorToken: { type: 'http', scheme: 'bearer', description: 'Served on the ops listener.' },
};
