import t from 'tap';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { migrate, shippedMigrations } from '../../storage/postgres/migrate.ts';
import { openStore, type PostgresStore } from '../../storage/postgres/store.ts';
import { fixedKeys } from '../support/keys.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { available } from '../support/require.ts';
import { openTestStore, quietLog, testDatabase } from '../support/store.ts';
import { storeSuite } from './store_suite.ts';

const ports = { clock: systemClock, random: systemRandom, log: quietLog };

t.test('embedded PostgreSQL', async (t) => {
  storeSuite(t, () => openTestStore(t));
});

t.test('the PostgreSQL of this machine, over TCP', async (t) => {
  const programs = findPostgres();
  if (!available(t, 'postgres', programs !== null) || programs === null) return;
  const server = await startPostgres(programs);
  let databases = 0;
  storeSuite(t, async () => {
    databases += 1;
    const store = await openStore({
      keys: fixedKeys,
      database: await server.make(`suite_${databases}`),
      ...ports,
    });
    t.teardown(() => store.close());
    return store;
  });
});

t.test('migrations', async (t) => {
  const opened = async (): Promise<PostgresStore> => {
    const store = await openStore({ keys: fixedKeys, database: await testDatabase(), ...ports });
    t.teardown(() => store.close());
    return store;
  };
  const store = await opened();
  await Promise.all([1, 2, 3].map(() => migrate(store.client, systemClock, quietLog)));
  const shipped = shippedMigrations();

  const broken = {
    number: 9_000,
    name: '9000_broken.sql',
    text: 'CREATE TABLE half (); SELECT nonsense',
    checksum: 'x',
  };
  await t.rejects(migrate(store.client, systemClock, quietLog, [...shipped, broken]));
  const [half] = await store.client.unsafe(`SELECT to_regclass('half') AS found`);
  t.equal(half?.found, null, 'a migration that fails leaves nothing');

  const later = { ...broken, name: '9000_later.sql', text: 'CREATE TABLE later ()' };
  await migrate(store.client, systemClock, quietLog, [...shipped, later]);
  await t.rejects(migrate(store.client, systemClock, quietLog), {
    code: 'unavailable',
    message: /newer than this engine/,
  });
  const changed = shipped.map((migration) => ({ ...migration, checksum: 'other' }));
  await t.rejects(migrate(store.client, systemClock, quietLog, [...changed, later]), {
    message: /another text/,
  });
});

t.test('a server that cannot be reached is one clear error', async (t) => {
  let now = 0;
  // A clock on which the time to wait for the server passes at once.
  const clock = {
    ...systemClock,
    monotonic: () => {
      now += 10_000;
      return now;
    },
  };
  const database = { host: '/nowhere', port: 5432, username: 'x', database: 'x' };
  await t.rejects(openStore({ keys: fixedKeys, ...ports, clock, database }), {
    code: 'unavailable',
    message: /cannot be reached/,
  });
});
