/** Index shards as operators see them: the largest first, or those that are furthest behind. */
import type { ShardStatus } from '../../engine/ports.ts';
import { type Route, route } from '../http/route.ts';
import {
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
} from '../http/schema.ts';
import { windowFields, windowOf } from './window.ts';

const shardSchema = object({
  tenant_id: string,
  /** As it is now; null for a tenant that is gone. */
  tenant_name: nullable(string),
  worker: integer(),
  templates: integer(),
  palms: integer(),
  bytes: integer(),
  mode: string,
  position: integer(),
  replay_lag: integer(),
  file_position: nullable(integer()),
  file_age_ms: nullable(number()),
  recall_sample: nullable(number()),
});

export const shardsSchema = object({ total: integer(), shards: list(shardSchema) });

/** A larger figure comes first; of equal ones the tenant's identifier decides, so that windows fit together. */
const figures = {
  templates: (shard: ShardStatus) => shard.templates,
  bytes: (shard: ShardStatus) => shard.bytes,
  replay_lag: (shard: ShardStatus) => shard.replayLag,
  file_age: (shard: ShardStatus) => shard.fileAgeMs ?? -1,
  recall: (shard: ShardStatus) => -(shard.recallSample ?? 2),
} as const;
type Sort = keyof typeof figures;
const sorts = Object.keys(figures) as [Sort, ...Sort[]];

export const shardsRoute: Route = route({
  method: 'GET',
  path: '/shards',
  operation: 'listShards',
  summary: "Tenants' index shards, the largest first unless asked otherwise, and how many there are.",
  auth: 'operator',
  query: object({ ...windowFields, sort: optional(oneOf(...sorts)) }),
  reply: shardsSchema,
  handle: async ({ api, query }) => {
    const figure = figures[query.sort ?? 'templates'];
    const sorted = [...(await api.ops.shards())].sort(
      (a, b) => figure(b) - figure(a) || (a.tenantId < b.tenantId ? -1 : 1),
    );
    const { total, rows } = windowOf(sorted, query);
    return { data: { total, shards: rows.map((row) => shardWire(row, api.ops.tenantName(row.tenantId))) } };
  },
});

function shardWire(shard: ShardStatus, tenantName: string | null): TypeOf<typeof shardSchema> {
  return {
    tenant_id: shard.tenantId,
    tenant_name: tenantName,
    worker: shard.worker,
    templates: shard.templates,
    palms: shard.palms,
    bytes: shard.bytes,
    mode: shard.mode,
    position: shard.position,
    replay_lag: shard.replayLag,
    file_position: shard.filePosition,
    file_age_ms: shard.fileAgeMs,
    recall_sample: shard.recallSample,
  };
}
