/** Valid requests made from the route tables themselves, so that a new route is tested without being mentioned. */
import type { EngineApi } from '../../actors/api.ts';
import type { ErrorCode } from '../../engine/errors.ts';
import { families } from '../../transport/apis/families.ts';
import { link } from '../../transport/apis/link/facade.ts';
import type { Facade } from '../../transport/http/facade.ts';
import { deviceHandler, publicHandler } from '../../transport/http/listeners.ts';
import type { HttpHandler } from '../../transport/http/message.ts';
import type { Route } from '../../transport/http/route.ts';
import type { JsonSchema } from '../../transport/http/schema.ts';
import { fingerprint, id } from './fake-records.ts';
import { type Ask, ask, listenerOptions, type Told } from './http.ts';

interface Shape {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly 'x-exactly-one'?: readonly (readonly string[])[];
}

/** Texts that a pattern or a meaning asks for. */
const texts: Readonly<Record<string, string>> = {
  grant_type: 'client_credentials',
  client_id: id.client,
  client_secret: 'secret',
  mobile: '+966 50 123 4567',
  endpoint: 'https://example.com/hook',
  url: 'https://example.com',
  base_url: 'https://example.com',
  authorize_path: '/authorize',
  health_path: '/health',
  data: 'AAAA',
  date_from: '2026-06-01',
  date_to: '2026-06-08',
  from: '2026-06-01',
  to: '2026-06-08',
};

/** A value that the schema accepts, with every field set that may be; of exclusive fields the first. */
export function sampleOf(schema: JsonSchema | Shape, name = ''): unknown {
  const shape = schema as Shape;
  if (shape.const !== undefined) return shape.const;
  if (shape.enum !== undefined) return shape.enum[0];
  // Of the scans, a template: its data has no length to match.
  if (shape.oneOf !== undefined) return sampleOf(shape.oneOf[1]!);
  switch ([shape.type ?? 'object'].flat()[0]) {
    case 'object':
      return sampleObject(shape);
    case 'array':
      return [sampleOf(shape.items ?? {}, name)];
    case 'integer':
    case 'number':
      return Math.max(shape.minimum ?? 0, 1);
    case 'boolean':
      return false;
    default:
      return texts[name] ?? sampleText(shape.format);
  }
}

function sampleText(format: string | undefined): string {
  if (format === 'uuid') return id.user;
  return format === 'email' ? 'person@example.com' : 'text';
}

function sampleObject(shape: Shape): Record<string, unknown> {
  const excluded = new Set((shape['x-exactly-one'] ?? []).flatMap(([, ...others]) => others));
  return Object.fromEntries(
    Object.entries(shape.properties ?? {})
      .filter(([name]) => !excluded.has(name))
      .map(([name, field]) => [name, sampleOf(field, name)]),
  );
}

/** Paths of fields that must be there, with `[]` left out: `device_info.hardware_id`. */
export function requiredPaths(schema: JsonSchema | Shape): string[][] {
  const shape = schema as Shape;
  const exclusive = (shape['x-exactly-one'] ?? []).map(([first = '']) => [first]);
  const own = (shape.required ?? []).flatMap((name) => {
    const inner = shape.properties?.[name];
    return [[name], ...(inner === undefined ? [] : requiredPaths(inner).map((path) => [name, ...path]))];
  });
  return [...own, ...exclusive];
}

/** A copy without the field, or with another value there. */
export function changed(value: unknown, path: readonly string[], to?: unknown): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  let holder = copy;
  for (const name of path.slice(0, -1)) holder = holder[name] as Record<string, unknown>;
  const last = path.at(-1) ?? '';
  if (to === undefined) delete holder[last];
  else holder[last] = to;
  return copy;
}

/** What path parameters are called by, where it is not a challenge. */
const params: Readonly<Record<string, string>> = {
  id: id.challenge,
  user_id: id.user,
  type: 'email',
};

export function targetOf(route: Route): string {
  const at = route.path.startsWith('/v1/admin/tenants/{id}') ? id.tenant : undefined;
  return route.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => at ?? params[name] ?? 'x');
}

/** The query that a route cannot do without, or nothing. */
function queryOf(route: Route): string {
  const { required = [], properties = {} } = (route.query?.json ?? {}) as Shape;
  const fields = required.map((name): [string, string] => [
    name,
    String(sampleOf(properties[name] ?? {}, name)),
  ]);
  return fields.length === 0 ? '' : `?${new URLSearchParams(fields)}`;
}

/** Credentials that the route takes, the least privileged that will do. */
export function credentialsOf(route: Route): Ask {
  switch (route.auth) {
    case 'public':
    case 'operator':
      return {};
    case 'client_or_session':
      return { headers: { authorization: `Bearer ${route.scope?.replace(':', '.')}` } };
    case 'session':
      return asPerson(route.roles?.at(-1) ?? 'tenant_admin');
    case 'platform':
      return asPerson('platform_admin');
    case 'self':
      return asPerson('viewer');
    case 'user':
      return { headers: { authorization: 'Bearer user' } };
    case 'wallet':
    case 'subject':
      return { headers: { authorization: `Bearer ${route.scope?.replace(':', '.')}` } };
    case 'device':
      return { fingerprint };
    default:
      return route.auth satisfies never;
  }
}

export function asPerson(role: string, more: Readonly<Record<string, string>> = {}): Ask {
  return { headers: { cookie: `thenar_session=${role}`, 'x-csrf-token': 'csrf', ...more } };
}

export interface Listeners {
  readonly public: HttpHandler;
  readonly device: HttpHandler;
}

export function listeners(api: EngineApi): Listeners {
  return { public: publicHandler(api, listenerOptions), device: deviceHandler(api, listenerOptions) };
}

/** The route's valid request, changed as the test says. */
export function call(
  to: Listeners,
  route: Route,
  asked: Ask = credentialsOf(route),
  method?: string,
): Promise<Told> {
  const handler = route.plane === 'device' ? to.device : to.public;
  const target = targetOf(route) + queryOf(route);
  return ask(handler, method ?? route.method, target, { ...bodyOf(route), ...asked });
}

function bodyOf({ body, bytes }: Route): Ask {
  if (bytes !== undefined)
    return { body: new Uint8Array([0x30, 0]), headers: { 'content-type': bytes.media } };
  return body === undefined ? {} : { body: sampleOf(body.json) };
}

export const linkRoutes: readonly Route[] = link.routes;
/** Of every family that is served. */
export const allRoutes: readonly Route[] = families.flatMap(({ routes }) => routes);

export function familyOf(route: Route): Facade {
  const family = families.find(({ routes }) => routes.includes(route));
  if (family === undefined) throw new Error(`${route.operation} is of no family`);
  return family;
}

/** The code of a refusal, whichever way the route's family says it; undefined when it is none. */
export function codeOf(route: Route, json: Told['json']): ErrorCode | undefined {
  const said: unknown = json?.error?.code;
  const { catalogue } = familyOf(route);
  if (catalogue === undefined || typeof said !== 'number') return said as ErrorCode | undefined;
  const codes = Object.keys(catalogue) as ErrorCode[];
  return codes.find((code) => catalogue[code].number === said);
}

/** What a refusal says to people: its first words name the field. */
export function messageOf(json: Told['json']): string {
  return json.message ?? json.error.message;
}

/** Fields that a refusal names: those it lists, or the first word of what it says where a family lists none. */
export function fieldsOf(json: Told['json']): readonly string[] {
  const { fields } = json.error.details ?? {};
  if (fields !== undefined) return fields.map(({ field }: { readonly field: string }) => field);
  return [messageOf(json).split(' ')[0] ?? ''];
}

/** The rows of a list's reply. */
export function rowsOf(route: Route, json: Told['json']): readonly Told['json'][] {
  const { data } = familyOf(route).readReply(json, route);
  if (Array.isArray(data)) return data;
  const rows = Object.values(data as object).find(Array.isArray);
  if (rows === undefined) throw new Error(`${route.operation} lists nothing`);
  return rows;
}

export function title(route: Route): string {
  return `${route.method} ${route.path}`;
}
