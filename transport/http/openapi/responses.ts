/** What an operation answers: its success with an example, and every refusal by status and code. */
import { type ErrorCode, ThenarError } from '../../../engine/errors.ts';
import type { Facade } from '../facade.ts';
import { type Auth, isMedia, type Route } from '../route.ts';
import type { Components } from './components.ts';
import { exampleOf } from './example.ts';

/** What the pipeline's steps refuse, whatever the route is about. */
const always: readonly ErrorCode[] = ['rate_limited', 'engine_busy', 'unavailable', 'deadline_exceeded'];
const withBody: readonly ErrorCode[] = [
  'malformed_body',
  'validation_failed',
  'payload_too_large',
  'unsupported_media_type',
];
const withBytes: readonly ErrorCode[] = ['malformed_body', 'payload_too_large', 'unsupported_media_type'];
const person: readonly ErrorCode[] = ['unauthenticated', 'invalid_token', 'forbidden', 'csrf_token_invalid'];
const wallet: readonly ErrorCode[] = [
  'unauthenticated',
  'invalid_token',
  'forbidden',
  'csrf_token_invalid',
  'insufficient_scope',
  'tenant_suspended',
  'user_suspended',
];
const byCaller: Readonly<Record<Auth, readonly ErrorCode[]>> = {
  public: [],
  client_or_session: [
    ...person,
    'insufficient_scope',
    'tenant_required',
    'tenant_suspended',
    'tenant_not_found',
  ],
  session: [...person, 'tenant_required', 'tenant_suspended', 'tenant_not_found'],
  platform: person,
  self: person,
  user: ['unauthenticated', 'invalid_token', 'forbidden', 'tenant_suspended'],
  wallet: [...wallet, 'user_not_found'],
  subject: wallet,
  device: [
    'unauthenticated',
    'device_certificate_invalid',
    'device_certificate_revoked',
    'device_suspended',
    'tenant_suspended',
  ],
  operator: ['unauthenticated', 'forbidden'],
};

/** Every code that a route may answer: the pipeline's, and what its own `errors` names. */
export function errorCodesOf(route: Route): readonly ErrorCode[] {
  const unsafe = route.method !== 'GET';
  const codes = [
    ...byCaller[route.auth].filter((code) => unsafe || code !== 'csrf_token_invalid'),
    ...Object.values(route.params ?? {}),
    ...(route.body === undefined ? [] : withBody),
    ...(route.bytes === undefined ? [] : withBytes),
    ...(route.query === undefined ? [] : (['validation_failed'] as const)),
    ...(route.errors ?? []),
    ...always,
  ];
  return [...new Set(codes)];
}

export function responsesOf(facade: Facade, route: Route, components: Components): object {
  const refused = new Map<number, Map<ErrorCode, unknown>>();
  for (const code of errorCodesOf(route)) {
    const { status, body } = facade.renderError(new ThenarError(code, inWords(code)), route, route.plane);
    const codes = refused.get(status) ?? new Map<ErrorCode, unknown>();
    refused.set(status, codes.set(code, body));
  }
  return {
    [route.status]: { description: route.summary, content: success(facade, route, components) },
    ...Object.fromEntries(
      [...refused]
        .sort(([a], [b]) => a - b)
        .map(([status, codes]) => [status, refusal(facade, status, codes, components)]),
    ),
    default: components.response(`${facade.name}.default`, {
      description: 'Any other failure, in the same form.',
      content: errorContent(facade, components, new Map()),
    }),
  };
}

function success(facade: Facade, route: Route, components: Components): object {
  const { reply } = route;
  if (isMedia(reply)) {
    const schema = reply.text ? { type: 'string' } : { type: 'string', contentEncoding: 'binary' };
    return { [reply.media]: { schema } };
  }
  const schema = facade.replySchema(route, reply.json);
  const example = facade.examples?.[route.operation]?.reply ?? exampleOf(schema);
  return { 'application/json': { schema: components.schema(schema), example } };
}

function refusal(
  facade: Facade,
  status: number,
  codes: ReadonlyMap<ErrorCode, unknown>,
  components: Components,
): object {
  const named = [...codes.keys()];
  return components.response(`${facade.name}.${status}.${named.join('.')}`, {
    description: `${reasons[status] ?? 'Refused.'} Codes: ${named.map((code) => `\`${errorName(facade, code)}\``).join(', ')}.`,
    ...(status === 429 || status === 503 ? { headers: retryAfter } : {}),
    content: errorContent(facade, components, codes),
  });
}

function errorContent(
  facade: Facade,
  components: Components,
  codes: ReadonlyMap<ErrorCode, unknown>,
): object {
  const examples = Object.fromEntries([...codes].map(([code, value]) => [code, { value }]));
  return {
    'application/json': {
      schema: components.schema(facade.errorSchema),
      ...(codes.size === 0 ? {} : { examples }),
    },
  };
}

const retryAfter = {
  'Retry-After': {
    description: 'Seconds after which trying again may do better.',
    schema: { type: 'integer', minimum: 1 },
  },
};

const reasons: Readonly<Record<number, string>> = {
  400: 'A malformed body, or a broken rule.',
  401: 'No or wrong credentials.',
  403: 'The caller may not do this.',
  404: 'There is nothing by that identifier.',
  409: 'What is there is in another state than this needs.',
  413: 'The body is too large.',
  415: 'The body is of another media type.',
  422: 'A body or query that breaks its schema or holds what cannot be used; `details.fields` names what.',
  429: 'Too many requests.',
  503: 'The engine, or something it needs, cannot answer now.',
};

/** A code as the family's clients meet it. */
export function errorName({ catalogue }: Facade, code: ErrorCode): string {
  const number = catalogue?.[code].number;
  return number === undefined ? code : `${number} ${code}`;
}

/** `user_not_found` → `User not found.` */
function inWords(code: ErrorCode): string {
  const words = code.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
