/** How what the engine stands on does, for operators and their monitoring. */
import { limits } from '../../engine/limits.ts';
import { within } from '../../engine/pool/deadline.ts';
import type { Dependencies } from '../api/ops.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';

type Checks = Awaited<ReturnType<EngineApi['ops']['readiness']>>['checks'];

/** Asks those that must be asked, and looks at the others. */
export async function lookAtDependencies(context: Context): Promise<Dependencies> {
  const { clock, matcher, snapshots, store } = context;
  // Snapshots in the database hang when it does.
  const cacheBy = clock.monotonic() + limits.database_health_ms;
  const [database, cache] = await Promise.all([
    store.health(),
    within(clock, cacheBy, snapshots.healthy()).catch(() => false),
  ]);
  return {
    database,
    snapshots: cache ? 'ok' : 'down',
    unsavedShards: matcher.unsaved(),
    clockBehindMs: Math.max(0, clock.aheadMs()),
  };
}

/** The same as readiness shows it: only without its database is the engine not ready. */
export function dependencyChecks(found: Dependencies): Checks {
  const { database, snapshots, unsavedShards, clockBehindMs } = found;
  return {
    database: {
      ok: database !== 'down',
      required: true,
      ...(database === 'ok' ? {} : { detail: databaseDetails[database] }),
    },
    snapshots: optional(snapshots === 'ok', 'restarted actors load from the database'),
    shard_files: optional(
      unsavedShards === 0,
      `${unsavedShards} could not be written; matching goes on from memory and writing is tried again`,
    ),
    clock: optional(
      clockBehindMs < limits.clock_behind_told_ms,
      `the machine's clock is ${Math.round(clockBehindMs / 1000)} s behind what it said before; the engine goes on from there`,
    ),
  };
}

const databaseDetails = {
  slow: 'it answers slowly',
  down: 'it does not answer; what must be stored is refused, and what is in memory goes on',
} as const;

function optional(ok: boolean, detail: string): Checks[string] {
  return { ok, required: false, ...(ok ? {} : { detail }) };
}
