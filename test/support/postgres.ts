import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import tap from 'tap';
import { databaseAccount, runAs } from '../../storage/postgres/embedded/account.ts';
import { freePort } from './redis.ts';

const INSTALLED = '/usr/lib/postgresql';

/** The programs of the oldest PostgreSQL this machine has that the engine supports; null without one. */
export function findPostgres(): string | null {
  if (!existsSync(INSTALLED)) return null;
  const versions = readdirSync(INSTALLED)
    .map(Number)
    .filter((version) => version >= 15 && existsSync(join(INSTALLED, String(version), 'bin', 'initdb')))
    .sort((a, b) => a - b);
  return versions[0] === undefined ? null : join(INSTALLED, String(versions[0]), 'bin');
}

/** A server of the machine's PostgreSQL on a free TCP port, in a temporary folder, never as root. */
export async function startPostgres(
  programs: string,
): Promise<{ url(database: string): string; version: string }> {
  const account = databaseAccount();
  // Directly below /tmp: the account must be able to reach it whatever TMPDIR says.
  const folder = mkdtempSync('/tmp/thenar-postgres-');
  if (account !== null) chownSync(folder, account.uid, account.gid);
  const cluster = join(folder, 'cluster');
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', cluster, '-U', 'thenar', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { encoding: 'utf8', ...runAs(account) },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const child = spawn(
    join(programs, 'postgres'),
    ['-D', cluster, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', folder, '-c', 'fsync=off'],
    { ...runAs(account), stdio: 'ignore' },
  );
  tap.teardown(async () => {
    child.kill('SIGQUIT');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });
  const url = (database: string): string => `postgres://thenar@127.0.0.1:${port}/${database}`;
  for (let tries = 0; ; tries++) {
    const sql = postgres(url('postgres'), { max: 1, fetch_types: false, onnotice: () => {} });
    try {
      const [row] = await sql<{ server_version: string }[]>`SHOW server_version`;
      await sql.end();
      return { url, version: row?.server_version ?? '' };
    } catch (error) {
      await sql.end({ timeout: 0 });
      // Starting has no event to wait for; a server that is not there after this many tries never will be.
      if (tries > 200) throw error;
      await pause(25);
    }
  }
}

/** Makes an empty database and gives its URL. */
export async function makeDatabase(url: (database: string) => string, name: string): Promise<string> {
  const sql = postgres(url('postgres'), { max: 1, onnotice: () => {} });
  await sql.unsafe(`CREATE DATABASE ${name}`);
  await sql.end();
  return url(name);
}
