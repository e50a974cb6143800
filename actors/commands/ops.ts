import type { EngineApi } from '../api.ts';
import { verifyChains } from '../audit/verify.ts';
import type { Context } from '../context.ts';
import { courierSettled } from '../courier/settled.ts';
import { certificateChecks } from '../tls/readiness.ts';
import { dependencyChecks, lookAtDependencies } from './dependencies.ts';

/** What operators see and may do. */
export function opsCommands(context: Context): EngineApi['ops'] {
  const { directory, matcher, views } = context;
  return {
    actors: (filter) => directory.list(filter),
    tenantName: (tenantId) => views.tenants.get(tenantId)?.name ?? null,
    actor: (kind, key) => directory.inspect(kind, key),
    operate: (kind, key, action) => directory.operate(kind, key, action),
    deadLetters: () => directory.deadLetters(),
    counts: () => directory.counts(),
    async survey() {
      const breakers = { closed: 0, open: 0, half_open: 0 };
      for (const { breaker } of views.serviceHealth.values()) breakers[breaker.state] += 1;
      return { kernel: await directory.survey(), workers: matcher.workers(), breakers };
    },
    start: () => context.phases.list,
    shards: () => matcher.shards(),
    async outbox() {
      await courierSettled(context);
      return context.developmentOutbox.list();
    },
    verifyAudit: () => verifyChains(context),
    dependencies: () => lookAtDependencies(context),
    async readiness() {
      const found = await lookAtDependencies(context);
      return {
        ready: found.database !== 'down',
        checks: { ...dependencyChecks(found), ...certificateChecks(context) },
      };
    },
  };
}
