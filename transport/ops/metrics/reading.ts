/** All that one scrape tells, gathered before any of it is written. */
import type { Dependencies, EngineApi, EngineSurvey } from '../../../actors/api.ts';
import type { Admission, Counts } from '../../../engine/admission/admission.ts';
import { limits } from '../../../engine/limits.ts';
import type { Meter } from '../../../engine/meter.ts';
import type { Clock, ShardStatus } from '../../../engine/ports.ts';
import type { ProcessReading } from './process.ts';

/** What metrics are made of, beside what the engine tells of its actors. */
export interface Metered {
  readonly meter: Meter;
  readonly version: string;
  readonly handshakes: () => {
    readonly running: number;
    readonly waiting: number;
    /** Since the start. */
    readonly refused: number;
  };
  readonly admission: Pick<Admission, 'counts'>;
}

export interface Reading {
  readonly meter: Meter;
  readonly version: string;
  readonly process: ProcessReading;
  readonly survey: EngineSurvey;
  readonly dependencies: Dependencies;
  readonly sessions: number;
  readonly handshakes: ReturnType<Metered['handshakes']>;
  /** Calls at the door. */
  readonly admitted: Counts;
  /** Of the largest tenants, and the sum of the others; empty when a worker did not answer in time. */
  readonly shards: readonly ShardReading[];
  /** How many shards there are of each mode. */
  readonly modes: Readonly<Record<ShardStatus['mode'], number>>;
}

/** `tenant` is an identifier, or `other` for all that have no place of their own. */
export interface ShardReading {
  readonly tenant: string;
  readonly templates: number;
  readonly palms: number;
  readonly bytes: number;
  readonly replayLag: number;
  readonly fileAgeMs: number | null;
  readonly recall: number | null;
}

export async function gather(
  clock: Clock,
  api: EngineApi,
  { meter, version, handshakes, admission }: Metered,
  process: ProcessReading,
): Promise<Reading> {
  const [survey, dependencies, shards] = await Promise.all([
    api.ops.survey(),
    api.ops.dependencies(),
    shardsInTime(clock, api),
  ]);
  const modes = { loading: 0, flat: 0, building: 0, hnsw: 0 };
  for (const { mode } of shards) modes[mode] += 1;
  const sessions = api.sessions.connections().length;
  const largest = largestShards(shards);
  const from = { meter, version, process, survey, dependencies };
  return { ...from, sessions, handshakes: handshakes(), admitted: admission.counts, shards: largest, modes };
}

/** Workers are asked; one that is stuck must not take the other figures with it. */
async function shardsInTime(clock: Clock, api: EngineApi): Promise<readonly ShardStatus[]> {
  let cancel = (): void => undefined;
  const late = new Promise<readonly ShardStatus[]>((resolve) => {
    cancel = clock.after(limits.metrics_shards_wait_ms, () => resolve([]));
  });
  try {
    return await Promise.race([api.ops.shards(), late]);
  } finally {
    cancel();
  }
}

/** Those of the most templates by themselves, so that the number of series is bounded however many tenants there are. */
export function largestShards(shards: readonly ShardStatus[]): ShardReading[] {
  const bySize = [...shards].sort((a, b) => b.templates - a.templates || (a.tenantId < b.tenantId ? -1 : 1));
  const own = bySize.slice(0, limits.metrics_shards_max).map(readShard);
  const others = bySize.slice(limits.metrics_shards_max).map(readShard);
  return others.length === 0 ? own : [...own, others.reduce(together)];
}

function readShard(shard: ShardStatus): ShardReading {
  const { tenantId: tenant, templates, palms, bytes, replayLag, fileAgeMs, recallSample: recall } = shard;
  return { tenant, templates, palms, bytes, replayLag, fileAgeMs, recall };
}

/** Sizes add up; of what can be bad the worst counts. */
function together(one: ShardReading, other: ShardReading): ShardReading {
  return {
    tenant: 'other',
    templates: one.templates + other.templates,
    palms: one.palms + other.palms,
    bytes: one.bytes + other.bytes,
    replayLag: Math.max(one.replayLag, other.replayLag),
    fileAgeMs: worst(Math.max, one.fileAgeMs, other.fileAgeMs),
    recall: worst(Math.min, one.recall, other.recall),
  };
}

function worst(
  of: (a: number, b: number) => number,
  one: number | null,
  other: number | null,
): number | null {
  if (one === null) return other;
  return other === null ? one : of(one, other);
}
