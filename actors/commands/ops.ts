import type { EngineApi } from '../api.ts';
import { verifyChains } from '../audit/verify.ts';
import type { Context } from '../context.ts';
import { courierSettled } from '../courier/settled.ts';
import { certificateChecks } from '../tls/readiness.ts';

/** What operators see and may do. */
export function opsCommands(context: Context): EngineApi['ops'] {
  const { directory, matcher, snapshots, store } = context;
  return {
    actors: (filter) => directory.list(filter),
    actor: (kind, key) => directory.inspect(kind, key),
    operate: (kind, key, action) => directory.operate(kind, key, action),
    deadLetters: () => directory.deadLetters(),
    counts: () => directory.counts(),
    start: () => context.phases.list,
    shards: () => matcher.shards(),
    async outbox() {
      await courierSettled(context);
      return context.developmentOutbox.list();
    },
    verifyAudit: () => verifyChains(context),
    async readiness() {
      const [database, cache] = await Promise.all([answers(store.healthy()), answers(snapshots.healthy())]);
      const checks = {
        database: { ok: database, required: true },
        snapshots: {
          ok: cache,
          required: false,
          ...(cache ? {} : { detail: 'restarted actors load from the database' }),
        },
        ...certificateChecks(context),
      };
      return { ready: database, checks };
    },
  };
}

async function answers(check: Promise<boolean>): Promise<boolean> {
  try {
    return await check;
  } catch {
    return false;
  }
}
