/** A tenant's numbers and its user list over many users, beside what counting rows costs on the same server. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { TenantCall } from '../actors/calls.ts';
import { statisticsCommands } from '../actors/commands/statistics.ts';
import type { Context } from '../actors/context.ts';
import { listUsers } from '../actors/users/list.ts';
import { newUser } from '../engine/identity/user.ts';
import { limits } from '../engine/limits.ts';
import type { Log, Store, Write } from '../engine/ports.ts';
import { systemClock, systemRandom } from '../engine/system.ts';
import { startEmbedded } from '../storage/postgres/embedded/start.ts';
import { openStore } from '../storage/postgres/store.ts';
import { benchFolder } from './load/folder.ts';
import { integerOption, type Scenario, say, spread, writeResult } from './report.ts';

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export const stats: Scenario = {
  name: 'stats',
  summary: 'tenant numbers, search and first page over many users, beside count(*) (--users, --rounds)',
  async run(options) {
    const users = integerOption(options, 'users', 100_000);
    const rounds = integerOption(options, 'rounds', 200);
    const folder = benchFolder('stats');
    const server = await startEmbedded({ dataDir: folder, log: quiet, clock: systemClock });
    const store = await openStore({
      database: server.connection,
      clock: systemClock,
      random: systemRandom,
      log: quiet,
    });
    try {
      const tenantId = randomUUID();
      await seed(store, tenantId, users);
      say(`${users} users on PostgreSQL ${server.version}`);
      const result = await measure(store, tenantId, users, rounds);
      for (const [name, ms] of Object.entries(result)) {
        say(`${name.padEnd(24)} ${ms.median.toFixed(2)} ms (${ms.min.toFixed(2)} to ${ms.max.toFixed(2)})`);
      }
      say(writeResult('stats', { users, milliseconds: result }));
    } finally {
      await store.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** The answers are compared with what counting says, then each is timed, interleaved round by round. */
async function measure(store: Store, tenantId: string, users: number, rounds: number) {
  const context = { store, clock: systemClock, views: { connections: new Map() } } as unknown as Context;
  const call = { tenantId } as TenantCall;
  const statistics = statisticsCommands(context);
  const page = { page: 1, pageSize: limits.page_size_default };
  const { userStatus } = await statistics.tenant(call);
  const counted = await store.count('users', { tenantId, status: 'active' });
  if (userStatus.active !== counted) throw new Error(`${userStatus.active} active users, counted ${counted}`);
  const work: Readonly<Record<string, () => Promise<unknown>>> = {
    statistics: () => statistics.tenant(call),
    'baseline count(*)': () => store.count('users', { tenantId, status: { not: 'deleted' } }),
    'first page of all': () => listUsers(context, call, page),
    'search for one of all': () =>
      listUsers(context, call, { ...page, search: `person-${Math.floor(users / 2)}@` }),
    'search for many': () => listUsers(context, call, { ...page, search: 'person-77' }),
  };
  const taken = new Map(Object.keys(work).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(work)) {
      const from = performance.now();
      await run();
      taken.get(name)?.push(performance.now() - from);
    }
  }
  return Object.fromEntries([...taken].map(([name, times]) => [name, spread(times)]));
}

async function seed(store: Store, tenantId: string, users: number): Promise<void> {
  for (let from = 0; from < users; from += limits.read_page_max) {
    const length = Math.min(limits.read_page_max, users - from);
    const writes = Array.from({ length }, (_, i) => userWrite(tenantId, from + i));
    await store.commit({ tenantId, writes });
  }
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
