/** The store behind a network that loses, delays and keeps what is sent: each command takes effect once or not at all. */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { verifyChain } from '../../engine/audit/chain.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock, Commit } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import type { EmbeddedConnection } from '../../storage/postgres/lock.ts';
import { openStore, type PostgresStore } from '../../storage/postgres/store.ts';
import { FaultProxy } from '../support/fault_proxy.ts';
import { fixedKeys } from '../support/keys.ts';
import { quietLog, testDatabase } from '../support/store.ts';

const SILENCE_MS = 400;

async function world(
  t: Test,
  clock: Clock = systemClock,
  silenceMs = SILENCE_MS,
): Promise<{ proxy: FaultProxy; store: PostgresStore; direct: EmbeddedConnection }> {
  const direct = await testDatabase();
  const { host, port, username, database } = direct;
  const proxy = await FaultProxy.open({ path: `${host}/.s.PGSQL.${port}` });
  const url = `postgres://${username}@127.0.0.1:${proxy.port}/${database}`;
  const ports = { clock, random: systemRandom, log: quietLog, keys: fixedKeys };
  const store = await openStore({ database: url, ...ports, silenceMs });
  t.teardown(() => store.close());
  return { proxy, store, direct };
}

/** A clock on which whatever waits does so for a part of its time; silence lasts as long as the test says. */
const faster = (factor: number): Clock => ({
  now: systemClock.now,
  monotonic: () => systemClock.monotonic() * factor,
  after: (ms, fire) => systemClock.after(ms / factor, fire),
});

/** A command that shows when it took effect twice, or not at all. */
function counting(tenantId: string, name: string, version: number, audited: boolean): Commit {
  return {
    tenantId,
    writes: [
      {
        update: 'settings',
        where: { name, version },
        set: { version: version + 1 },
        otherwise: 'version_conflict',
      },
    ],
    ...(audited ? { audit: [{ eventType: 'counted', actor: 'engine' }] } : {}),
  };
}

for (const audited of [true, false]) {
  const which = audited ? 'a transaction' : 'a single statement';
  for (const lost of ['answers', 'requests'] as const) {
    t.test(`${which} whose ${lost} are lost is resolved before it is answered`, async (t) => {
      const { proxy, store } = await world(t);
      const tenantId = randomUUID();
      const name = `count/${tenantId}`;
      await store.commit({
        tenantId,
        writes: [{ insert: 'settings', row: { name, value: null, version: 0 } }],
      });
      // Afterwards its statements are prepared on the connection, so that what is sent next is the whole command.
      await store.commit(counting(tenantId, name, 0, audited));
      proxy.hold(lost);
      const [held, gone] = [proxy.next('held'), proxy.next('gone')];
      const committing = store.commit(counting(tenantId, name, 1, audited));
      await held;
      await gone;
      proxy.release();
      await committing;
      await proxy.arriveLate();
      t.match(await store.get('settings', { name }), { version: 2 }, 'once');
      await store.commit(counting(tenantId, name, 2, audited));
      t.match(await store.get('settings', { name }), { version: 3 }, 'and the next one follows');
      const records = audited ? 3 : 0;
      t.match(await verifyChain(store.scan('audit', { tenantId })), { ok: true, records });
    });
  }
}

t.test('a server that falls silent is given up by all, told to all, and found again', async (t) => {
  const clock = faster(5);
  const { proxy, store, direct } = await world(t, clock);
  const tenants = Array.from({ length: limits.database_transactions_max + 2 }, () => randomUUID());
  const settled = (tenantId: string, at: number): Commit => ({
    tenantId,
    writes: [{ insert: 'settings', row: { name: `${tenantId}/${at}`, value: null, version: 1 } }],
    audit: [{ eventType: 'counted', actor: 'engine' }],
  });
  const done = async (tenantId: string, at: number): Promise<void> => {
    const once = () =>
      store.commit(settled(tenantId, at)).then(
        () => true,
        (error: { code: string }) => error.code !== 'unavailable',
      );
    while (!(await once()));
  };
  await Promise.all(tenants.map((tenantId) => done(tenantId, 0)));
  proxy.hold('requests', 'answers');
  const told = await Promise.allSettled([
    ...tenants.flatMap((tenantId) => [1, 2, 3].map((at) => store.commit(settled(tenantId, at)))),
    store.get('settings', { name: 'x' }),
    store.list('users', {}),
  ]);
  for (const outcome of told) {
    t.match(outcome, { status: 'rejected', reason: { code: 'unavailable', retryAfterMs: Number } });
  }
  t.equal(await store.health(), 'down');
  proxy.release();
  // None of the connections that were under way is missing: every tenant has its own again.
  await Promise.all(tenants.map((tenantId) => done(tenantId, 4)));
  // Without the proxy and its impatience: what is there is looked at, and not how fast.
  const ports = { clock: systemClock, random: systemRandom, log: quietLog, keys: fixedKeys };
  const plain = await openStore({ database: direct, ...ports });
  t.teardown(() => plain.close());
  for (const tenantId of tenants) t.match(await verifyChain(plain.scan('audit', { tenantId })), { ok: true });
});

t.test('a slow network makes commits slow and nothing else, and says so', async (t) => {
  const { proxy, store } = await world(t, systemClock, 60_000);
  proxy.slowBy(limits.database_slow_ms * 0.6);
  const tenantId = randomUUID();
  const name = `slow/${tenantId}`;
  const committing = store.commit({
    tenantId,
    writes: [{ insert: 'settings', row: { name, value: null, version: 0 } }],
  });
  t.not(await store.health(), 'ok');
  await committing;
  proxy.slowBy(0);
  t.match(await store.get('settings', { name }), { version: 0 });
});

t.test('what waits behind a batch that hangs hears in its own time that it could not start', async (t) => {
  const clock = faster(20);
  const { proxy, store } = await world(t, clock, 60_000);
  const tenantId = randomUUID();
  const commit = (at: number) =>
    store.commit({
      tenantId,
      writes: [{ insert: 'settings', row: { name: `${tenantId}/${at}`, value: null, version: 1 } }],
    });
  await commit(0);
  const order: string[] = [];
  proxy.hold('answers');
  const held = proxy.next('held');
  const first = commit(1).then(() => order.push('first'));
  await held;
  const behind = await commit(2).then(
    () => 'committed',
    (error: { code: string }) => error.code,
  );
  order.push('behind');
  proxy.release();
  await first;
  t.same([behind, order], ['unavailable', ['behind', 'first']]);
});

t.test('a start waits for a server that is too busy to answer, and says that it does', async (t) => {
  const { host, port, username, database } = await testDatabase();
  const proxy = await FaultProxy.open({ path: `${host}/.s.PGSQL.${port}` });
  const url = `postgres://${username}@127.0.0.1:${proxy.port}/${database}`;
  let leapt = 0;
  // More than callers wait for and less than a start does.
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + leapt };
  const warned: string[] = [];
  const log = { ...quietLog, warn: (_: object, message: string) => void warned.push(message) };
  proxy.hold('answers');
  const held = proxy.next('held');
  const opening = openStore({
    database: url,
    clock,
    random: systemRandom,
    log,
    keys: fixedKeys,
    starting: true,
    silenceMs: SILENCE_MS,
  });
  await held;
  leapt = limits.commit_wait_ms * 2;
  await proxy.next('gone');
  proxy.release();
  const store = await opening;
  t.teardown(() => store.close());
  t.same(warned, ['waiting for the database']);
  const tenantId = randomUUID();
  proxy.hold('answers');
  const committing = store.commit({ tenantId, writes: [], audit: [{ eventType: 'x', actor: 'engine' }] });
  await proxy.next('gone');
  leapt += limits.commit_wait_ms * 2;
  proxy.release();
  await t.resolves(committing, 'what a start has to write is waited for as well');
  store.started();
});
