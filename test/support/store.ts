import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import tap, { type Test } from 'tap';
import type { Clock, Log } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { databaseAccount } from '../../storage/postgres/embedded/account.ts';
import { findBinaries } from '../../storage/postgres/embedded/binaries.ts';
import { type EmbeddedServer, startEmbedded } from '../../storage/postgres/embedded/start.ts';
import type { EmbeddedConnection } from '../../storage/postgres/lock.ts';
import { shippedMigrations } from '../../storage/postgres/migrate.ts';
import { openStore, type PostgresStore } from '../../storage/postgres/store.ts';
import { fixedKeys } from './keys.ts';

/** Says nothing. */
export const quietLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Where what all test processes share is kept: the runner gives each file a temporary folder of its own. */
const SHARED = process.env.THENAR_TEST_SHARED ?? tmpdir();

const TEMPLATE_DATABASE = 'thenar_template';

/** A folder of this process that is removed when its tests are over. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `thenar-${name}-`));
  tap.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A cluster with two migrated databases, an engine's and one that others are made from, made once for all test processes of this version and copied by each: initdb
 * takes as long as all tests of a file.
 */
async function templateCluster(): Promise<string> {
  const account = databaseAccount();
  const { version } = findBinaries(join(SHARED, 'thenar-test-programs'), account);
  const shape = createHash('sha256').update(
    JSON.stringify([TEMPLATE_DATABASE, version, account?.uid, shippedMigrations()]),
  );
  const template = join(
    SHARED,
    `thenar-test-template-${process.getuid?.() ?? 0}-${shape.digest('hex').slice(0, 12)}`,
  );
  if (existsSync(template)) return template;
  const making = mkdtempSync(join(SHARED, 'thenar-test-making-'));
  const server = await startEmbedded({ dataDir: making, log: quietLog, clock: systemClock });
  const sql = postgres({ ...server.connection, max: 1 });
  await sql.unsafe(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await sql.end();
  // The first is what an engine opens, so that none of those that start on a copy has to migrate.
  for (const database of [server.connection, { ...server.connection, database: TEMPLATE_DATABASE }]) {
    const ports = { clock: systemClock, random: systemRandom, log: quietLog, keys: fixedKeys };
    await (await openStore({ database, ...ports })).close();
  }
  await server.stop();
  try {
    renameSync(making, template);
  } catch {
    // Another test process made it in the same moment.
    rmSync(making, { recursive: true, force: true });
  }
  return template;
}

/** Puts a ready cluster into a data directory, so that an embedded server starts there in milliseconds. */
export async function fillDataDir(folder: string): Promise<void> {
  const template = await templateCluster();
  mkdirSync(join(folder, 'postgres'), { recursive: true });
  // Owner and mode are PostgreSQL's conditions; `cp` keeps them where Node's copy does not.
  const copied = spawnSync('cp', [
    '-a',
    join(template, 'postgres', 'cluster'),
    join(folder, 'postgres', 'cluster'),
  ]);
  if (copied.status !== 0) throw new Error(String(copied.stderr));
}

/** A data directory of this process with a ready cluster. */
export async function readyDataDir(name: string): Promise<string> {
  const folder = temporaryFolder(name);
  await fillDataDir(folder);
  return folder;
}

let shared: Promise<EmbeddedServer> | null = null;

/** The embedded server of this test process, stopped when its tests are over. */
export function testServer(): Promise<EmbeddedServer> {
  shared ??= readyDataDir('server').then(async (dataDir) => {
    const server = await startEmbedded({
      dataDir,
      log: quietLog,
      clock: systemClock,
      settings: { fsync: 'off' },
    });
    tap.teardown(() => server.stop());
    return server;
  });
  return shared;
}

/** A new, migrated database on the test process's server. */
export async function testDatabase(): Promise<EmbeddedConnection> {
  const server = await testServer();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const sql = postgres({ ...server.connection, max: 1, onnotice: () => {} });
  await sql.unsafe(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`);
  await sql.end();
  return { ...server.connection, database: name };
}

/**
 * A store on an empty database of its own, closed when `t` ends.
 * @param clock whose time commits carry; must be a running one (the system's by default).
 */
export async function openTestStore(
  t: Pick<Test, 'teardown'>,
  clock: Clock = systemClock,
): Promise<PostgresStore> {
  const store = await openStore({
    keys: fixedKeys,
    database: await testDatabase(),
    clock,
    random: systemRandom,
    log: quietLog,
  });
  t.teardown(() => store.close());
  return store;
}
