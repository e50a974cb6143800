import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import tap, { type Test } from 'tap';
import type { Clock, Log } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import {
  type Account,
  databaseAccount,
  prepareDataDir,
  runAs,
} from '../../storage/postgres/embedded/account.ts';
import { findBinaries } from '../../storage/postgres/embedded/binaries.ts';
import { serverFolder } from '../../storage/postgres/embedded/cluster.ts';
import { type EmbeddedServer, startEmbedded } from '../../storage/postgres/embedded/start.ts';
import type { EmbeddedConnection } from '../../storage/postgres/lock.ts';
import { shippedMigrations } from '../../storage/postgres/migrate.ts';
import { openStore, type PostgresStore } from '../../storage/postgres/store.ts';
import { fixedKeys } from './keys.ts';
import { atProcessEnd } from './lasting.ts';

/** Says nothing. */
export const quietLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Where what all test processes share is kept: the runner gives each file a temporary folder of its own. */
const SHARED = process.env.THENAR_TEST_SHARED ?? tmpdir();

const TEMPLATE_DATABASE = 'thenar_template';

/** A folder that is removed when the tests of this file are over. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `thenar-${name}-`));
  tap.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a ready cluster is for: an engine opens the one database it has; others of `databases` are made from a second. */
type Kind = 'engine' | 'databases';

/**
 * Small files, and nothing of what initdb makes but what is used: every copy of a cluster is as long as its files.
 * The parts of the log are of a megabyte, which changes nothing but how much of it lies ready.
 */
function initialise(making: string, account: Account | null, programs: string): void {
  const cluster = join(serverFolder(prepareDataDir(making, account), account), 'cluster');
  const words = ['-D', cluster, '-U', 'thenar', '-A', 'trust', '-E', 'UTF8', '--locale=C'];
  const made = spawnSync(
    join(programs, 'initdb'),
    [...words, '--wal-segsize=1', '--no-sync'],
    runAs(account),
  );
  if (made.status !== 0) throw new Error(String(made.stderr));
}

/** Makes a cluster with two migrated databases, of which the first is what an engine opens. */
async function makeDatabases(making: string, account: Account | null, programs: string): Promise<void> {
  initialise(making, account, programs);
  await withServer(making, async (server, sql) => {
    await sql.unsafe(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
    for (const database of [server.connection, { ...server.connection, database: TEMPLATE_DATABASE }]) {
      const ports = { clock: systemClock, random: systemRandom, log: quietLog, keys: fixedKeys };
      await (await openStore({ database, ...ports })).close();
    }
    await sql`UPDATE pg_database SET datistemplate = false`;
    for (const name of ['template0', 'template1']) await sql.unsafe(`DROP DATABASE ${name}`);
  });
}

/** The same without the database that others are made from. */
async function makeEngine(making: string): Promise<void> {
  await fillDataDir(making, 'databases');
  await withServer(making, async (_, sql) => {
    await sql.unsafe(`DROP DATABASE ${TEMPLATE_DATABASE}`);
  });
}

async function withServer(
  dataDir: string,
  work: (server: EmbeddedServer, sql: postgres.Sql) => Promise<void>,
): Promise<void> {
  const settings = { min_wal_size: '2MB', fsync: 'off' };
  const server = await startEmbedded({ dataDir, log: quietLog, clock: systemClock, settings });
  const sql = postgres({ ...server.connection, max: 1 });
  await work(server, sql);
  await sql.end();
  await server.stop();
}

const templates = new Map<Kind, Promise<string>>();

/** Made once for all test processes of this version and copied by each: initdb takes as long as all tests of a file. */
function templateCluster(kind: Kind): Promise<string> {
  const known = templates.get(kind) ?? makeTemplate(kind);
  templates.set(kind, known);
  return known;
}

async function makeTemplate(kind: Kind): Promise<string> {
  const account = databaseAccount();
  const { version, folder } = findBinaries(join(SHARED, 'thenar-test-programs'), account);
  const shape = createHash('sha256').update(
    JSON.stringify([TEMPLATE_DATABASE, kind, version, account?.uid, shippedMigrations()]),
  );
  const template = join(
    SHARED,
    `thenar-test-template-${process.getuid?.() ?? 0}-${shape.digest('hex').slice(0, 12)}`,
  );
  if (existsSync(template)) return template;
  const making = mkdtempSync(join(SHARED, 'thenar-test-making-'));
  await (kind === 'engine' ? makeEngine(making) : makeDatabases(making, account, folder));
  try {
    renameSync(making, template);
  } catch {
    // Another test process made it in the same moment.
    rmSync(making, { recursive: true, force: true });
  }
  return template;
}

/** Puts a ready cluster into a data directory, so that an embedded server starts there in milliseconds. */
export async function fillDataDir(folder: string, kind: Kind = 'engine'): Promise<void> {
  const template = await templateCluster(kind);
  mkdirSync(join(folder, 'postgres'), { recursive: true });
  // Owner and mode are PostgreSQL's conditions; `cp` keeps them where Node's copy does not.
  const copied = spawnSync('cp', [
    '-a',
    join(template, 'postgres', 'cluster'),
    join(folder, 'postgres', 'cluster'),
  ]);
  if (copied.status !== 0) throw new Error(String(copied.stderr));
}

/** The same for all test files of this process. */
export async function lastingDataDir(name: string, kind: Kind = 'engine'): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `thenar-${name}-`));
  atProcessEnd(() => rmSync(folder, { recursive: true, force: true }));
  await fillDataDir(folder, kind);
  return folder;
}

/** A data directory of this test file with a ready cluster. */
export async function readyDataDir(name: string): Promise<string> {
  const folder = temporaryFolder(name);
  await fillDataDir(folder);
  return folder;
}

let shared: Promise<EmbeddedServer> | null = null;

/** The embedded server of this test process, stopped when its tests are over. */
export function testServer(): Promise<EmbeddedServer> {
  shared ??= lastingDataDir('server', 'databases').then(async (dataDir) => {
    const server = await startEmbedded({
      dataDir,
      log: quietLog,
      clock: systemClock,
      settings: { fsync: 'off' },
    });
    atProcessEnd(() => server.stop());
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
