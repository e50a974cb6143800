/** Operators' routes (CONTRACT: ops). */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';
import { type Route, route, textMedia } from '../http/route.ts';
import {
  boolean,
  defined,
  freeform,
  integer,
  list,
  object,
  oneOf,
  optional,
  string,
  text,
  time,
} from '../http/schema.ts';
import { timestamp } from '../wire/time.ts';
import { inspectorPage } from './inspector.ts';
import { metricsPage } from './metrics/page.ts';
import type { Metered } from './metrics/reading.ts';
import { EventStreams, picture } from './stream.ts';
import {
  actorDetailSchema,
  actorDetailWire,
  actorSchema,
  actorWire,
  deadLettersSchema,
  deadLettersWire,
  shardSchema,
  shardWire,
} from './wire.ts';

/** Served without a token: probes, and a page that holds nothing until a token fetches it. */
export const openOperations: ReadonlySet<string> = new Set(['healthz', 'readyz', 'inspector']);

const filter = object({
  kind: optional(text()),
  tenant: optional(text()),
  sort: optional(oneOf('depth', 'age', 'failed', 'restarts', 'active')),
  limit: optional(integer({ min: 1, max: limits.actors_listed_max, default: 100 })),
});

interface Filter {
  readonly kind?: string | undefined;
  readonly tenant?: string | undefined;
  readonly sort?: 'depth' | 'age' | 'failed' | 'restarts' | 'active' | undefined;
  readonly limit?: number | undefined;
}

function filterOf({ kind, tenant, sort, limit }: Filter) {
  return { limit: limit ?? 100, ...defined({ kind, tenant, sort }) };
}

/** `kind/key`, where only the key may hold further slashes. */
function addressOf(params: Readonly<Record<string, string>>): readonly [kind: string, key: string] {
  const address = params.key ?? '';
  const at = address.indexOf('/');
  return [address.slice(0, Math.max(at, 0)), address.slice(at + 1)];
}

const noActor = () => new ThenarError('not_found', 'No actor is live under that key.');

export function opsRoutes(clock: Clock, metered: Metered): Route[] {
  const streams = new EventStreams(clock);
  const inspector = inspectorPage();
  const metrics = metricsPage(clock, metered);
  return [
    route({
      method: 'GET',
      path: '/healthz',
      operation: 'healthz',
      summary: 'The process answers.',
      auth: 'operator',
      reply: object({ status: string }),
      handle: () => ({ data: { status: 'ok' } }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      operation: 'readyz',
      summary: 'Whether every required dependency works; 503 when not.',
      auth: 'operator',
      reply: object({ ready: boolean, checks: freeform }),
      handle: async ({ api }) => {
        const { ready, checks } = await api.ops.readiness();
        return { data: { ready, checks: { ...checks } }, status: ready ? 200 : 503 };
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      operation: 'metrics',
      summary: 'Prometheus metrics.',
      auth: 'operator',
      reply: textMedia('text/plain; version=0.0.4; charset=utf-8'),
      handle: async ({ api }) => ({ data: await metrics(api) }),
    }),
    route({
      method: 'GET',
      path: '/',
      operation: 'inspector',
      summary: 'Live inspector page.',
      auth: 'operator',
      reply: textMedia('text/html; charset=utf-8'),
      handle: () => ({ data: inspector.html, headers: inspector.headers }),
    }),
    route({
      method: 'GET',
      path: '/actors',
      operation: 'listActors',
      summary: 'Live actors.',
      auth: 'operator',
      query: filter,
      reply: object({ actors: list(actorSchema), counts: freeform }),
      handle: async ({ api, query }) => ({
        data: { actors: (await api.ops.actors(filterOf(query))).map(actorWire), counts: api.ops.counts() },
      }),
    }),
    route({
      method: 'GET',
      path: '/actors/stream',
      operation: 'streamActors',
      summary: 'The listing as server-sent events, once a second.',
      auth: 'operator',
      query: filter,
      reply: textMedia('text/event-stream; charset=utf-8'),
      handle: ({ api, query }) => {
        const rows = async () => (await api.ops.actors(filterOf(query))).map(actorWire);
        return { data: '', stream: streams.open('actors', () => picture(api, clock, rows)) };
      },
    }),
    route({
      method: 'GET',
      path: '/actors/dead-letters',
      operation: 'listDeadLetters',
      summary: 'Messages nobody took.',
      auth: 'operator',
      reply: deadLettersSchema,
      handle: ({ api }) => ({ data: deadLettersWire(api.ops.deadLetters()) }),
    }),
    route({
      method: 'GET',
      path: '/actors/{key}',
      operation: 'getActor',
      summary: 'A live actor with redacted state and last transitions; the key is kind/key, percent-encoded.',
      auth: 'operator',
      reply: actorDetailSchema,
      handle: ({ api, params }) => {
        const actor = api.ops.actor(...addressOf(params));
        if (actor === null) throw noActor();
        return { data: actorDetailWire(actor) };
      },
    }),
    ...(['passivate', 'restart', 'snapshot'] as const).map((action) =>
      route({
        method: 'POST',
        path: `/actors/{key}/${action}`,
        operation: `${action}Actor`,
        summary: `Make a live actor ${action === 'snapshot' ? 'write its snapshot' : action} now.`,
        auth: 'operator',
        reply: object({ done: boolean }),
        handle: async ({ api, params }) => {
          const [kind, key] = addressOf(params);
          if (api.ops.actor(kind, key) === null) throw noActor();
          return { data: { done: await api.ops.operate(kind, key, action) } };
        },
      }),
    ),
    route({
      method: 'GET',
      path: '/shards',
      operation: 'listShards',
      summary: "Each tenant's index shard.",
      auth: 'operator',
      reply: object({ shards: list(shardSchema) }),
      handle: async ({ api }) => ({ data: { shards: (await api.ops.shards()).map(shardWire) } }),
    }),
    route({
      method: 'GET',
      path: '/connections',
      operation: 'listConnections',
      summary: 'Scanners connected, the longest connected first, and how many there are.',
      auth: 'operator',
      query: object({
        limit: optional(integer({ min: 1, max: limits.connections_listed_max, default: 100 })),
      }),
      reply: object({
        total: integer(),
        connections: list(object({ tenant_id: string, device_id: string, since: time })),
      }),
      handle: ({ api, query }) => {
        const all = api.sessions.connections();
        const connections = all.slice(0, query.limit ?? 100).map((each) => ({
          tenant_id: each.tenantId,
          device_id: each.deviceId,
          since: timestamp(each.since),
        }));
        return { data: { total: all.length, connections } };
      },
    }),
  ];
}
