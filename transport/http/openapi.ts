/** OpenAPI 3.1 from the facade tables: what is served is what is published. */
import type { Facade } from './facade.ts';
import { type Auth, isMedia, type Route } from './route.ts';
import type { JsonSchema } from './schema.ts';

export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
}

const security: Readonly<Record<Auth, readonly object[]>> = {
  public: [],
  client_or_session: [{ clientCredentials: [] }, { consoleSession: [] }],
  session: [{ consoleSession: [] }],
  platform: [{ consoleSession: [] }],
  self: [{ consoleSession: [] }],
  device: [{ deviceCertificate: [] }],
  operator: [{ operatorToken: [] }],
};

const securitySchemes = {
  clientCredentials: {
    type: 'oauth2',
    flows: { clientCredentials: { tokenUrl: '/v1/auth/token', scopes: {} } },
  },
  consoleSession: {
    type: 'apiKey',
    in: 'cookie',
    name: 'thenar_session',
    description: 'POST /v1/console/login; unsafe methods also need X-CSRF-Token.',
  },
  deviceCertificate: { type: 'mutualTLS', description: 'Served on the device listener.' },
  operatorToken: { type: 'http', scheme: 'bearer', description: 'Served on the ops listener.' },
};

/** The document of all routes of the given families that are not of the ops listener. */
export function openApi(facades: readonly Facade[], info: ApiInfo): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const facade of facades) {
    for (const route of facade.routes) {
      if (route.plane === 'ops') continue;
      const path = facade.basePath + route.path;
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(facade, route) };
    }
  }
  return {
    openapi: '3.1.0',
    info,
    tags: facades.map(({ name, title }) => ({ name, description: title })),
    paths,
    components: {
      securitySchemes,
      schemas: Object.fromEntries(
        facades.map((facade) => [`${facade.name}Error`, published(facade.errorSchema)]),
      ),
    },
  };
}

function operation(facade: Facade, route: Route): object {
  const roles = route.roles === undefined ? {} : { 'x-roles': [...route.roles, 'platform_admin'] };
  return {
    operationId: route.operation,
    summary: route.summary,
    tags: [facade.name],
    security: security[route.auth].map((scheme) =>
      'clientCredentials' in scheme
        ? { clientCredentials: route.scope === undefined ? [] : [route.scope] }
        : scheme,
    ),
    ...roles,
    ...(route.plane === 'public' ? {} : { 'x-listener': route.plane }),
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.body === undefined ? {} : { requestBody: requestBody(route, route.body.json) }),
    responses: responses(facade, route),
  };
}

function pathParameters(route: Route): object[] {
  return [...route.path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: route.params?.[name] === undefined ? { type: 'string' } : { type: 'string', format: 'uuid' },
  }));
}

function queryParameters(route: Route): object[] {
  const { properties = {}, required = [] } = (route.query?.json ?? {}) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: published(schema),
  }));
}

function requestBody(route: Route, schema: JsonSchema): object {
  const content = { schema: published(schema) };
  return {
    required: true,
    content: {
      'application/json': content,
      ...(route.forms ? { 'application/x-www-form-urlencoded': content } : {}),
    },
  };
}

function responses(facade: Facade, route: Route): object {
  const error = { 'application/json': { schema: { $ref: `#/components/schemas/${facade.name}Error` } } };
  const success = isMedia(route.reply)
    ? { [route.reply.media]: {} }
    : { 'application/json': { schema: published(facade.replySchema(route, route.reply.json)) } };
  return {
    [route.status]: { description: route.summary, content: success },
    ...Object.fromEntries(
      errorStatuses(route).map((status) => [status, { description: reasons[status], content: error }]),
    ),
    default: { description: 'Any other failure, in the same form.', content: error },
  };
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Malformed body or broken rule.',
  401: 'No or wrong credentials.',
  403: 'The caller may not do this.',
  404: 'There is nothing by that identifier.',
  422: 'A body or query that breaks its schema; details.fields names what.',
  429: 'Too many requests; see Retry-After.',
};

function errorStatuses(route: Route): number[] {
  return [
    ...(route.body === undefined ? [] : [400]),
    ...(route.auth === 'public' ? [] : [401, 403]),
    ...(route.params === undefined ? [] : [404]),
    ...((route.body === undefined && route.query === undefined) || route.invalidStatus !== undefined
      ? []
      : [422]),
    429,
  ];
}

/** Our own keywords as standard ones, so that generators understand them. */
function published(schema: JsonSchema): JsonSchema {
  const { 'x-exactly-one': groups, 'x-bytes-max': bytes, ...rest } = schema;
  const copy = Object.fromEntries(
    Object.entries(rest).map(([keyword, value]) => [keyword, publishedValue(value)]),
  );
  return {
    ...copy,
    ...(Array.isArray(groups)
      ? {
          allOf: (groups as string[][]).map((names) => ({
            oneOf: names.map((name) => ({ required: [name] })),
          })),
        }
      : {}),
    ...(bytes === undefined ? {} : { description: `At most ${String(bytes)} bytes of JSON.` }),
  };
}

function publishedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(publishedValue);
  return value !== null && typeof value === 'object' ? published(value as JsonSchema) : value;
}
