/** Actors as operators see them: listed, followed live, looked into, and told to leave, restart or be written. */
import type { EngineApi } from '../../actors/api.ts';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';
import { type Route, route, textMedia } from '../http/route.ts';
import { boolean, defined, freeform, integer, list, object, oneOf, optional, text } from '../http/schema.ts';
import { ActorFeed } from './feed.ts';
import { EventStreams, type Say } from './stream.ts';
import {
  actorDetailSchema,
  actorDetailWire,
  actorSchema,
  actorWire,
  deadLettersSchema,
  deadLettersWire,
} from './wire.ts';

const fields = {
  kind: optional(text()),
  tenant: optional(text()),
  sort: optional(oneOf('depth', 'age', 'failed', 'restarts', 'active')),
};
const listed = object({
  ...fields,
  limit: optional(integer({ min: 1, max: limits.actors_listed_max, default: 100 })),
});
const followed = object({
  ...fields,
  limit: optional(integer({ min: 1, max: limits.actor_list_max, default: 100 })),
});

type Filter = Parameters<EngineApi['ops']['actors']>[0];
type Asked = { readonly [K in keyof Filter]?: Filter[K] | undefined };

function filterOf({ kind, tenant, sort, limit }: Asked): Filter {
  return { limit: limit ?? 100, ...defined({ kind, tenant, sort }) };
}

/** `kind/key`, where only the key may hold further slashes. */
function addressOf(params: Readonly<Record<string, string>>): readonly [kind: string, key: string] {
  const address = params.key ?? '';
  const at = address.indexOf('/');
  return [address.slice(0, Math.max(at, 0)), address.slice(at + 1)];
}

const noActor = () => new ThenarError('not_found', 'No actor is live under that key.');

export function actorRoutes(clock: Clock): Route[] {
  const streams = new EventStreams(clock);
  return [
    route({
      method: 'GET',
      path: '/actors',
      operation: 'listActors',
      summary: 'Live actors.',
      auth: 'operator',
      query: listed,
      reply: object({ actors: list(actorSchema), counts: freeform }),
      handle: async ({ api, query }) => ({
        data: { actors: (await api.ops.actors(filterOf(query))).map(actorWire), counts: api.ops.counts() },
      }),
    }),
    route({
      method: 'GET',
      path: '/actors/stream',
      operation: 'streamActors',
      summary: 'The listing as server-sent events: all of it, then what changes, about once a second.',
      auth: 'operator',
      query: followed,
      reply: textMedia('text/event-stream; charset=utf-8'),
      handle: ({ api, query }) => {
        const feed = new ActorFeed();
        const filter = filterOf(query);
        return { data: '', stream: streams.open((say) => tell(api, clock, streams, filter, feed, say)) };
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
  ];
}

/**
 * One picture: `actors` events with what is new since the last, as many as it takes, then one `picture`, which says
 * that they belong together and how the engine does.
 */
async function tell(
  api: EngineApi,
  clock: Clock,
  streams: EventStreams,
  filter: Filter,
  feed: ActorFeed,
  say: Say,
): Promise<void> {
  const infos = await api.ops.actors(filter);
  for (const { actors, gone } of feed.changes(infos)) {
    if (actors.length + gone.length > 0 && !(await say('actors', { actors: actors.map(actorWire), gone })))
      return;
    await streams.turn();
  }
  await say('picture', {
    at: clock.now(),
    listed: infos.length,
    counts: api.ops.counts(),
    connections: api.sessions.connections().length,
    dead_letters: api.ops.deadLetters().total,
    tenants: feed.names(infos, api.ops.tenantName),
  });
}
