/** A tenant's numbers and its user list over many users, beside what counting rows costs on the same server. */
import { randomUUID } from 'node:crypto';
import type { TenantCall } from '../../actors/calls.ts';
import { statisticsCommands } from '../../actors/commands/statistics.ts';
import type { Context } from '../../actors/context.ts';
import { listUsers } from '../../actors/users/list.ts';
import { newUser } from '../../engine/identity/user.ts';
import { limits } from '../../engine/limits.ts';
import type { Log, Store, Write } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { openStore } from '../../storage/postgres/store.ts';
import { fixedKeys } from '../../test/support/keys.ts';
import type { Bench } from '../harness/bench.ts';
import { interleave } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { ratios } from '../harness/statistics.ts';

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export const stats = scenario({
  name: 'stats',
  summary: 'a tenant’s numbers, search and first page over many users',
  baseline: 'count(*) of the same users on the same server',
  parameters: {
    users: { what: 'users of the tenant', full: 100_000, quick: 20_000, least: 100 },
    rounds: { what: 'interleaved rounds', full: 200, quick: 30 },
  },
  goals: [{ of: 'statisticsToCount', least: 1, text: 'a tenant’s numbers no later than one count(*)' }],
  async run(bench) {
    const { users } = bench.values;
    const server = await startEmbedded({ dataDir: bench.folder('stats'), log: quiet, clock: systemClock });
    bench.atEnd(() => server.stop());
    const store = await openStore({
      keys: fixedKeys,
      database: server.connection,
      clock: systemClock,
      random: systemRandom,
      log: quiet,
    });
    bench.atEnd(() => store.close());
    const tenantId = randomUUID();
    await seed(bench, store, tenantId, users);
    bench.fact('PostgreSQL', server.version);
    await measure(bench, store, tenantId);
  },
});

/** The answers are compared with what counting says, then each is timed. */
async function measure(bench: Bench, store: Store, tenantId: string): Promise<void> {
  const { users = 0, rounds = 1 } = bench.values;
  const context = { store, clock: systemClock, views: { connections: new Map() } } as unknown as Context;
  const call = { tenantId } as TenantCall;
  const statistics = statisticsCommands(context);
  const page = { page: 1, pageSize: limits.page_size_default };
  const { userStatus } = await statistics.tenant(call);
  const counted = await store.count('users', { tenantId, status: 'active' });
  if (userStatus.active !== counted) throw new Error(`${userStatus.active} active users, counted ${counted}`);
  const timed = (work: () => Promise<unknown>) => async () => {
    const from = performance.now();
    await work();
    return performance.now() - from;
  };
  const middle = `person-${Math.floor(users / 2)}@`;
  const taken = await interleave(
    { rounds },
    {
      statistics: timed(() => statistics.tenant(call)),
      count: timed(() => store.count('users', { tenantId, status: { not: 'deleted' } })),
      page: timed(() => listUsers(context, call, page)),
      searchOne: timed(() => listUsers(context, call, { ...page, search: middle })),
      searchMany: timed(() => listUsers(context, call, { ...page, search: 'person-77' })),
    },
  );
  bench.figure('statistics', 'a tenant’s numbers', 'ms', 'thenar', taken.statistics);
  bench.figure('count', 'count(*) of its users', 'ms', 'baseline', taken.count);
  bench.figure('page', 'first page of all', 'ms', 'thenar', taken.page);
  bench.figure('searchOne', 'search that finds one', 'ms', 'thenar', taken.searchOne);
  bench.figure('searchMany', 'search that finds many', 'ms', 'thenar', taken.searchMany);
  bench.ratio(
    'statisticsToCount',
    'count(*) / a tenant’s numbers',
    'more',
    ratios(taken.count, taken.statistics),
  );
  bench.ratio('pageToCount', 'count(*) / first page', 'more', ratios(taken.count, taken.page));
  bench.ratio(
    'searchToCount',
    'count(*) / search that finds one',
    'more',
    ratios(taken.count, taken.searchOne),
  );
}

async function seed(bench: Bench, store: Store, tenantId: string, users: number): Promise<void> {
  const progress = bench.progress('users written', users);
  for (let from = 0; from < users; from += limits.read_page_max) {
    const length = Math.min(limits.read_page_max, users - from);
    const writes = Array.from({ length }, (_, i) => userWrite(tenantId, from + i));
    await store.commit({ tenantId, writes });
    for (let i = 0; i < length; i += 1) progress.tick();
  }
  progress.done();
}

function userWrite(tenantId: string, n: number): Write {
  const facts = { userId: randomUUID(), tenantId, createdAt: systemClock.now() };
  return {
    insert: 'users',
    row: {
      ...newUser({
        ...facts,
        externalUserId: `crm-${n}`,
        email: `person-${n}@example.com`,
        mobile: `+9665${String(n).padStart(8, '0')}`,
        name: `Person ${n}`,
      }),
      status: n % 50 === 0 ? 'suspended' : 'active',
      consentStatus: n % 3 === 0 ? 'granted' : 'none',
      kycStatus: n % 4 === 0 ? 'verified' : 'not_started',
    },
  };
}
