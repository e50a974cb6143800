import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import t from 'tap';
import { verifyChain } from '../../engine/audit/chain.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { openStore } from '../../storage/postgres/store.ts';
import { fixedKeys } from '../support/keys.ts';
import { quietLog, readyDataDir } from '../support/store.ts';

// Killed processes lose nothing that the operating system has; fsync is for when that goes, too.
const settings = { fsync: 'off' };

t.test('commits through lost connections and a dying server happen exactly once', async (t) => {
  const dataDir = await readyDataDir('lost');
  const server = await startEmbedded({ dataDir, log: quietLog, clock: systemClock, settings });
  const store = await openStore({
    keys: fixedKeys,
    database: server.connection,
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
  });
  t.teardown(async () => {
    await store.close();
    await server.stop();
  });
  const operator = postgres({ ...server.connection, max: 1 });
  const states: string[] = [];
  server.onState((state) => states.push(state));
  const tenants = [randomUUID(), randomUUID(), randomUUID()];
  const answered: string[] = [];
  const refused: unknown[] = [];
  let stop = false;

  // Every command counts its tenant's counter up by one from the number it read when it was answered last, so that
  // a command which took effect twice, or not at all, shows.
  const work = async (tenantId: string, lane: number): Promise<void> => {
    const name = `${tenantId}/${lane}`;
    await store.commit({
      tenantId,
      writes: [{ insert: 'settings', row: { name, value: null, version: 0 } }],
    });
    for (let version = 0; !stop; version++) {
      try {
        await store.commit({
          tenantId,
          writes: [
            {
              update: 'settings',
              where: { name, version },
              set: { version: version + 1 },
              otherwise: 'version_conflict',
            },
            { insert: 'settings', row: { name: `${name}/${version}`, value: null, version: 1 } },
          ],
          ...(version % 3 === 0 ? {} : { audit: [{ eventType: 'counted', actor: 'engine' }] }),
        });
        answered.push(`${name}/${version}`);
      } catch (error) {
        refused.push(error);
        stop = true;
      }
    }
  };
  const workers = tenants.flatMap((tenantId) => [0, 1, 2].map((lane) => work(tenantId, lane)));
  const progress = async (more: number): Promise<void> => {
    const goal = answered.length + more;
    while (answered.length < goal && !stop) await new Promise((resolve) => setImmediate(resolve));
  };
  for (let round = 0; round < 12 && !stop; round++) {
    await progress(40);
    await operator.unsafe(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'thenar' AND pid <> pg_backend_pid()`,
    );
  }
  await operator.end();
  for (let round = 0; round < 3 && !stop; round++) {
    await progress(40);
    const pid = server.pid();
    if (pid !== null) process.kill(pid, 'SIGKILL');
    await progress(40);
  }
  stop = true;
  await Promise.all(workers);

  t.strictSame(refused, [], 'every command was answered as done');
  const there = new Set<string>();
  for await (const page of store.scan('settings', {})) for (const row of page) there.add(row.name);
  t.strictSame(
    answered.filter((name) => !there.has(name)),
    [],
    'and is',
  );
  for (const tenantId of tenants) {
    const count = answered.filter(
      (name) => name.startsWith(tenantId) && Number(name.split('/')[2]) % 3 !== 0,
    ).length;
    t.match(
      await verifyChain(store.scan('audit', { tenantId })),
      { ok: true, records: count },
      'audited once each',
    );
  }
  t.ok(states.filter((state) => state === 'up').length >= 3, states.join(' '));
});

t.test('while the server cannot come back, callers hear it and nothing hangs', async (t) => {
  const dataDir = await readyDataDir('away');
  const server = await startEmbedded({ dataDir, log: quietLog, clock: systemClock, settings });
  // Waiting for the server passes at once on this clock.
  let now = 0;
  const clock = {
    ...systemClock,
    monotonic: () => {
      now += 2_000;
      return now;
    },
  };
  const store = await openStore({
    keys: fixedKeys,
    database: server.connection,
    clock,
    random: systemRandom,
    log: quietLog,
  });
  await server.stop();
  const tenantId = randomUUID();
  const commit = () => store.commit({ tenantId, writes: [], audit: [{ eventType: 'x', actor: 'engine' }] });
  for (const outcome of await Promise.allSettled([commit(), commit(), commit()])) {
    t.match(outcome, { status: 'rejected', reason: { code: 'unavailable' } });
  }
  await t.rejects(store.get('users', { userId: randomUUID() }), { code: 'unavailable' });
  t.equal(await store.health(), 'down');
  await store.close();
});
