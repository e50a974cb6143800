/** OpenAPI 3.1 from the facade tables: what is served is what is published. */
import type { Facade, Subject } from './facade.ts';
import { Components } from './openapi/components.ts';
import { exampleOf } from './openapi/example.ts';
import { responsesOf } from './openapi/responses.ts';
import { securityOf, securitySchemes } from './openapi/security.ts';
import type { Route } from './route.ts';
import type { JsonSchema } from './schema.ts';

export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
}

/** What the documents of this engine say of it. */
export function apiInfo(version: string): ApiInfo {
  return {
    title: 'Thenar',
    version,
    description:
      'Palm identity for many tenants: users and their consent, scanners, enrolment and verification in real time, webhooks, administration.',
  };
}

const servers = [{ url: '/', description: 'The public listener, which serves this document.' }];
const deviceServers = [
  {
    url: 'https://{host}:{port}',
    description: 'The device listener: mutual TLS with a certificate of the platform CA.',
    variables: { host: { default: '127.0.0.1' }, port: { default: '8443' } },
  },
];

/** The document of all routes of the given families that are not of the ops listener. */
export function openApi(facades: readonly Facade[], info: ApiInfo): object {
  const components = new Components();
  const paths: Record<string, Record<string, object>> = {};
  const used = new Set<Subject>();
  for (const facade of facades) {
    for (const route of publishedRoutes(facade)) {
      const path = facade.basePath + route.path;
      const subject = subjectOf(facade, route);
      used.add(subject);
      paths[path] = {
        ...paths[path],
        [route.method.toLowerCase()]: operation(facade, route, subject, components),
      };
    }
  }
  const schemes = new Set(Object.values(paths).flatMap(Object.values).flatMap(schemesOf));
  return {
    openapi: '3.1.0',
    info: { ...info, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers,
    tags: facades
      .flatMap((facade) => [...facade.subjects, otherwise(facade)])
      .filter((subject) => used.has(subject))
      .map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      securitySchemes: Object.fromEntries(
        Object.entries(securitySchemes).filter(([name]) => schemes.has(name)),
      ),
      schemas: components.schemas,
      responses: components.responses,
    },
  };
}

export function publishedRoutes(facade: Facade): readonly Route[] {
  return facade.routes.filter(({ plane }) => plane !== 'ops');
}

const others = new WeakMap<Facade, Subject>();

/** Where routes go that no subject claims: the family itself. */
function otherwise(facade: Facade): Subject {
  let subject = others.get(facade);
  if (subject === undefined) {
    subject = { name: facade.name, description: facade.title, paths: [] };
    others.set(facade, subject);
  }
  return subject;
}

/** The first subject that claims the route's path. */
export function subjectOf(facade: Facade, route: Route): Subject {
  const claims = ({ paths }: Subject): boolean =>
    paths.some((path) => route.path === path || route.path.startsWith(`${path}/`));
  return facade.subjects.find(claims) ?? otherwise(facade);
}

function operation(facade: Facade, route: Route, subject: Subject, components: Components): object {
  const roles = route.roles === undefined ? {} : { 'x-roles': [...route.roles, 'platform_admin'] };
  return {
    operationId: route.operation,
    summary: route.summary,
    tags: [subject.name],
    security: securityOf(route),
    ...roles,
    ...(route.plane === 'public' ? {} : { servers: deviceServers }),
    parameters: [...pathParameters(route), ...queryParameters(route, components)],
    ...(route.body === undefined
      ? {}
      : { requestBody: requestBody(facade, route, route.body.json, components) }),
    ...(route.bytes === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { [route.bytes.media]: { schema: { type: 'string', contentEncoding: 'binary' } } },
          },
        }),
    responses: responsesOf(facade, route, components),
  };
}

function schemesOf(published: object): string[] {
  const { security } = published as { readonly security: readonly object[] };
  return security.flatMap((requirement) => Object.keys(requirement));
}

function pathParameters(route: Route): object[] {
  return [...route.path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => {
    const schema =
      route.params?.[name] === undefined ? { type: 'string' } : { type: 'string', format: 'uuid' };
    return { name, in: 'path', required: true, schema, example: exampleOf(schema, name) };
  });
}

function queryParameters(route: Route, components: Components): object[] {
  const { properties = {}, required = [] } = (route.query?.json ?? {}) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: components.schema(schema),
  }));
}

function requestBody(facade: Facade, route: Route, schema: JsonSchema, components: Components): object {
  const published = components.schema(schema);
  const example = facade.examples?.[route.operation]?.request ?? exampleOf(schema);
  return {
    required: route.bodyOptional !== true,
    content: {
      'application/json': { schema: published, example },
      ...(route.forms ? { 'application/x-www-form-urlencoded': { schema: published, example } } : {}),
      ...(route.multipart
        ? { 'multipart/form-data': { schema: components.schema(partsOf(route.multipart.files, schema)) } }
        : {}),
    },
  };
}

/** As parts, files are bytes and not base64. */
function partsOf(files: readonly string[], schema: JsonSchema): JsonSchema {
  const properties = { ...(schema.properties as Readonly<Record<string, object>>) };
  for (const name of files) {
    properties[name] = { type: 'string', contentMediaType: 'application/octet-stream' };
  }
  return { ...schema, properties };
}
