import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ThenarError } from '../../../engine/errors.ts';
import { type Account, canEnter, runAs } from './account.ts';
import type { Binaries } from './binaries.ts';

/** A Unix socket's path has 108 bytes on Linux and 104 on macOS, its final zero included. */
const SOCKET_PATH_BYTES_MAX = 103;
const SOCKET_NAME = '/.s.PGSQL.5432';

function ownFolder(path: string, account: Account | null): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (account !== null) chownSync(path, account.uid, account.gid);
  return realpathSync(path);
}

/** The folder of everything the server writes, owned by its account. */
export function serverFolder(dataDir: string, account: Account | null): string {
  return ownFolder(join(dataDir, 'postgres'), account);
}

/**
 * A private folder for the socket. Nobody else can enter it, so that the server trusts who connects, as it must
 * trust who can read its files. Beside the cluster when the path is short enough, else below the temporary
 * folder, where a name that somebody else took in advance is not used.
 */
export function socketFolder(server: string, account: Account | null): string {
  const beside = join(server, 'run');
  if (Buffer.byteLength(beside + SOCKET_NAME) <= SOCKET_PATH_BYTES_MAX) return ownFolder(beside, account);
  const name = `thenar-${createHash('sha256').update(server).digest('hex').slice(0, 16)}`;
  for (const base of [tmpdir(), '/tmp']) {
    const path = join(base, name);
    if (Buffer.byteLength(path + SOCKET_NAME) > SOCKET_PATH_BYTES_MAX) continue;
    if (account !== null && !canEnter(base, account)) continue;
    try {
      mkdirSync(path, { mode: 0o700 });
      if (account !== null) chownSync(path, account.uid, account.gid);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') continue;
    }
    const found = lstatSync(path);
    const owner = account?.uid ?? process.getuid?.();
    if (found.isDirectory() && found.uid === owner && (found.mode & 0o077) === 0) return path;
  }
  throw new ThenarError(
    'unavailable',
    `No folder is left for the socket of the embedded PostgreSQL: ${server} is too long for a socket's path and ` +
      `${join(tmpdir(), name)} cannot be used. Choose a shorter THENAR_DATA_DIR.`,
  );
}

function syncFolder(path: string): void {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** Runs a program to its end and gives its exit code and what it said. */
function run(
  path: string,
  args: readonly string[],
  account: Account | null,
): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    let said = '';
    const child = spawn(path, args, { ...runAs(account), stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_096);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_096);
    });
    child.on('error', (error) => resolve({ code: -1, said: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, said }));
  });
}

const MAKING = 'making-';

/** Clusters that a killed engine left half made. Called by the one engine that holds the lock. */
export function sweep(server: string): void {
  for (const name of readdirSync(server)) {
    if (name.startsWith(MAKING)) rmSync(join(server, name), { recursive: true, force: true });
  }
}

/**
 * The cluster of this data directory, made when it is not there. It is made under another name and renamed when
 * it is whole and on disk, so that neither a SIGKILL nor a second engine at the same moment leaves half of one.
 * @returns its real path.
 * @throws ThenarError `unavailable` when initdb fails, or the cluster is of another major version.
 */
export async function openCluster(
  server: string,
  binaries: Binaries,
  account: Account | null,
): Promise<string> {
  const cluster = join(server, 'cluster');
  if (!existsSync(join(cluster, 'PG_VERSION'))) {
    const making = mkdtempSync(join(server, MAKING));
    if (account !== null) chownSync(making, account.uid, account.gid);
    const made = await run(
      join(binaries.folder, 'initdb'),
      ['-D', making, '-U', 'thenar', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-instructions'],
      account,
    );
    if (made.code !== 0) {
      rmSync(making, { recursive: true, force: true });
      throw new ThenarError(
        'unavailable',
        `The embedded PostgreSQL could not make its files in ${server}: ${made.said.trim().split('\n').slice(-3).join(' ')}`,
      );
    }
    try {
      renameSync(making, cluster);
      syncFolder(server);
    } catch {
      // Another engine was faster; the lock decides which of the two goes on.
      rmSync(making, { recursive: true, force: true });
    }
  }
  const major = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (Number(major) !== binaries.major) {
    throw new ThenarError(
      'unavailable',
      `${cluster} was made by PostgreSQL ${major} and this engine brings ${binaries.version}: move the data with ` +
        'pg_dump and pg_restore, or use the engine version that made it.',
    );
  }
  return realpathSync(cluster);
}
