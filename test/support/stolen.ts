/** What an engine keeps as a thief would read it: its directory, with the master key or without, while it runs or not, and dumps. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import postgres, { type Sql } from 'postgres';
import tap from 'tap';
import { protectionsOf } from '../../actors/tenant/rotation.ts';
import type { Protection } from '../../engine/palm/protection.ts';
import type { PalmLogRecord } from '../../engine/records.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { type KeyFile, openSubjectKeys } from '../../storage/keys/file.ts';
import { databaseAccount } from '../../storage/postgres/embedded/account.ts';
import { serverFolder, socketFolder } from '../../storage/postgres/embedded/cluster.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { embeddedConnection } from '../../storage/postgres/lock.ts';
import { openSealers } from '../../storage/seal.ts';
import { quietLog, temporaryFolder } from './store.ts';

/** A copy of the key file as it is on disk now: a running engine has its own open. */
export function copyOfKeys(dataDir: string): string {
  const copy = join(temporaryFolder('keys'), 'subjects.keys');
  copyFileSync(join(dataDir, 'subjects.keys'), copy);
  return copy;
}

/** Opens a key file with the master key for as long as the work takes. */
export async function withKeys<T>(
  path: string,
  masterKey: Uint8Array,
  work: (keys: KeyFile) => Promise<T> | T,
): Promise<T> {
  const keys = await openSubjectKeys(path, masterKey, systemRandom);
  try {
    return await work(keys);
  } finally {
    await keys.close();
  }
}

/** Speaks to the embedded PostgreSQL of an engine that runs; ends with the test file. */
export function embeddedDatabase(dataDir: string): Sql {
  const account = databaseAccount();
  const folder = socketFolder(serverFolder(dataDir, account), account);
  const sql = postgres({ ...embeddedConnection(folder, 5432), max: 1, onclose: () => undefined });
  tap.teardown(() => sql.end());
  return sql;
}

/** What the log of palms holds of somebody: enrolled templates, sealed. */
export async function palmLogOf(sql: Sql, userId: string): Promise<PalmLogRecord[]> {
  const rows =
    await sql`SELECT * FROM palm_log WHERE user_id = ${userId} AND sealed IS NOT NULL ORDER BY position`;
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    position: Number(row.position),
    operation: row.operation,
    palmId: row.palm_id,
    userId: row.user_id,
    hand: row.hand,
    sample: Number(row.sample),
    sealed: row.sealed,
    protection: row.protection,
  }));
}

/** What a tenant's templates are under beneath their seals. */
export async function protectionOfTenant(
  sql: Sql,
  dataDir: string,
  masterKey: Uint8Array,
  tenantId: string,
): Promise<Protection> {
  const [row] = await sql`SELECT rotation_key FROM tenants WHERE tenant_id = ${tenantId}`;
  return withKeys(copyOfKeys(dataDir), masterKey, (keys) => {
    const sealer = openSealers(keys, 'records', systemRandom);
    return protectionsOf(sealer, { tenantId, rotationKey: row!.rotation_key, nextRotationKey: null }).current;
  });
}

/** Everything that Redis would write to its disk, and the file that it does write. */
export async function redisDump(url: string): Promise<Buffer> {
  const client = new Redis(url);
  await client.save();
  const [, folder] = (await client.config('GET', 'dir')) as [string, string];
  const keys = await client.dbsize();
  if (keys === 0) throw new Error('the engine wrote no snapshot');
  client.disconnect();
  return readFileSync(join(folder, 'dump.rdb'));
}

/** Every row of every table as text, as a dump has it. */
export async function tableDump(dataDir: string): Promise<Map<string, string>> {
  const server = await startEmbedded({ dataDir, log: quietLog, clock: systemClock });
  const sql = postgres({ ...server.connection, max: 1 });
  const dump = new Map<string, string>();
  for (const { tablename } of await sql`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`) {
    const rows = await sql.unsafe(`SELECT t::text AS row FROM "${tablename}" t`);
    dump.set(tablename, rows.map(({ row }) => row).join('\n'));
  }
  await sql.end();
  await server.stop();
  return dump;
}
