/** Paths to routes: static ones by one map lookup, those with parameters by a trie of segments. */
import { createRequire } from 'node:module';
import type fastJsonStringify from 'fast-json-stringify';
import type { ErrorCode } from '../../engine/errors.ts';
import { type BodyKinds, bodyKinds } from './body.ts';
import { compiledLater } from './compile.ts';
import type { Facade } from './facade.ts';
import { isMedia, type Route } from './route.ts';
import { type Validator, validator } from './validate.ts';

type FastJsonSchema = Parameters<typeof fastJsonStringify>[0];

/** Read with the first serialiser, see `compile.ts`. */
function fastJson(): typeof fastJsonStringify {
  return createRequire(import.meta.url)('fast-json-stringify') as typeof fastJsonStringify;
}

/** A route with everything that its requests need. */
export interface CompiledRoute extends Route {
  readonly facade: Facade;
  /** With the facade's base path. */
  readonly fullPath: string;
  readonly validateBody: Validator<unknown> | null;
  readonly validateQuery: Validator<unknown> | null;
  /** Null for replies that are not JSON. */
  readonly stringify: ((value: unknown) => string) | null;
  readonly contentType: string;
  /** Texts of answers that last, by their data. */
  readonly texts: WeakMap<object, string>;
  /** Path parameters that are UUIDs, and what one that is not is answered with. */
  readonly identifiers: readonly (readonly [name: string, code: ErrorCode])[];
  readonly bodyKinds: BodyKinds;
  /** Whether the last answer was there at once, from memory; only of routes that change nothing. */
  readonly answers: { atOnce: boolean };
}

type Methods = Map<string, CompiledRoute>;

interface Node {
  readonly children: Map<string, Node>;
  parameter: Node | null;
  /** Methods of the path that ends here, with the names of its parameters in order. */
  end: { readonly methods: Methods; readonly names: readonly string[] } | null;
}

export type Match =
  | {
      readonly found: 'route';
      readonly route: CompiledRoute;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly found: 'path'; readonly facade: Facade; readonly allow: string }
  | { readonly found: 'nothing'; readonly facade: Facade };

export interface Router {
  readonly routes: readonly CompiledRoute[];
  match(method: string, path: string): Match;
}

const noParams: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Compiles all routes of all families. @throws Error when a method and path, or an operation, is there twice.
 */
export function createRouter(facades: readonly Facade[]): Router {
  const routes = facades.flatMap((facade) => facade.routes.map((route) => compile(facade, route)));
  assertUnique(routes.map((route) => route.operation));
  assertUnique(routes.map((route) => `${route.method} ${route.fullPath.replaceAll(/\{[^}]*\}/g, '{}')}`));

  const statics = new Map<string, Methods>();
  const root = newNode();
  for (const route of routes) add(route);

  function add(route: CompiledRoute): void {
    if (!route.fullPath.includes('{')) {
      const methods = statics.get(route.fullPath) ?? new Map<string, CompiledRoute>();
      statics.set(route.fullPath, methods.set(route.method, route));
      return;
    }
    const names: string[] = [];
    let node = root;
    for (const segment of route.fullPath.split('/').slice(1)) {
      if (segment.startsWith('{')) {
        names.push(segment.slice(1, -1));
        node.parameter ??= newNode();
        node = node.parameter;
      } else {
        const child = node.children.get(segment) ?? newNode();
        node.children.set(segment, child);
        node = child;
      }
    }
    node.end ??= { methods: new Map(), names };
    node.end.methods.set(route.method, route);
  }

  return {
    routes,
    match(method, path) {
      const fixed = statics.get(path);
      if (fixed !== undefined) return choose(fixed, method, noParams);
      const values: string[] = [];
      // The first segment is the nothing before the first slash.
      const end = walk(root, path.split('/'), 1, values);
      if (end === null) return { found: 'nothing', facade: responsible(facades, path) };
      const params = decode(end.names, values);
      if (params === null) return { found: 'nothing', facade: responsible(facades, path) };
      return choose(end.methods, method, params);
    },
  };
}

function choose(methods: Methods, method: string, params: Readonly<Record<string, string>>): Match {
  // HEAD is GET without the body (RFC 9110 section 9.3.2); drivers leave the body out.
  const route = methods.get(method) ?? (method === 'HEAD' ? methods.get('GET') : undefined);
  if (route !== undefined) return { found: 'route', route, params };
  const names = [...methods.keys()];
  if (methods.has('GET')) names.push('HEAD');
  const [any] = methods.values();
  if (any === undefined) throw new Error('a path without methods');
  return { found: 'path', facade: any.facade, allow: [...names, 'OPTIONS'].join(', ') };
}

/** Fixed segments win over parameters; a path has few segments, so the recursion is shallow. */
function walk(node: Node, segments: readonly string[], at: number, values: string[]): Node['end'] {
  const segment = segments[at];
  if (segment === undefined) return node.end;
  const child = node.children.get(segment);
  if (child !== undefined) {
    const end = walk(child, segments, at + 1, values);
    if (end !== null) return end;
  }
  if (node.parameter === null || segment === '') return null;
  values.push(segment);
  const end = walk(node.parameter, segments, at + 1, values);
  if (end === null) values.pop();
  return end;
}

function decode(
  names: readonly string[],
  values: readonly string[],
): Readonly<Record<string, string>> | null {
  try {
    const params: Record<string, string> = {};
    for (const [at, name] of names.entries()) {
      const value = values[at] ?? '';
      params[name] = value.includes('%') ? decodeURIComponent(value) : value;
    }
    return params;
  } catch {
    return null;
  }
}

function responsible(facades: readonly Facade[], path: string): Facade {
  const under = (beginning: string): boolean => path === beginning || path.startsWith(`${beginning}/`);
  const claiming = facades.find(({ claims = [] }) => claims.some(under));
  if (claiming !== undefined) return claiming;
  const owning = facades.filter(({ basePath }) => path.startsWith(basePath));
  const [best] = (owning.length > 0 ? owning : facades).toSorted(
    (a, b) => b.basePath.length - a.basePath.length,
  );
  if (best === undefined) throw new Error('a listener without a facade');
  return best;
}

function compile(facade: Facade, route: Route): CompiledRoute {
  const schema = isMedia(route.reply) ? null : facade.replySchema(route, route.reply.json);
  return {
    ...route,
    facade,
    fullPath: facade.basePath + route.path,
    validateBody: route.body === undefined ? null : validator(route.body),
    validateQuery: route.query === undefined ? null : validator(route.query, 'text'),
    contentType: isMedia(route.reply) ? route.reply.media : 'application/json; charset=utf-8',
    texts: new WeakMap(),
    identifiers: Object.entries(route.params ?? {}),
    bodyKinds: bodyKinds(route),
    answers: { atOnce: false },
    stringify: schema === null ? null : compiledLater(() => fastJson()(schema as unknown as FastJsonSchema)),
  };
}

function assertUnique(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Error(`two routes are called ${name}`);
    seen.add(name);
  }
}

function newNode(): Node {
  return { children: new Map(), parameter: null, end: null };
}
