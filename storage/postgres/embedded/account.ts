import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ThenarError } from '../../../engine/errors.ts';

/** The operating-system account PostgreSQL runs as; null means the engine's own. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Spawn options that make a child run as the account, from a folder every account can be in. */
export function runAs(account: Account | null): { cwd: string; uid?: number; gid?: number } {
  return account === null ? { cwd: '/' } : { cwd: '/', uid: account.uid, gid: account.gid };
}

const known = new Map<string, Account | null>();

/** Asked of the system once: two processes for an answer that stays the same. */
function lookUp(name: string): Account | null {
  const found = known.get(name);
  if (found !== undefined) return found;
  const account = ask(name);
  known.set(name, account);
  return account;
}

function ask(name: string): Account | null {
  const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
  const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
  if (uid.status !== 0 || gid.status !== 0) return null;
  return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/**
 * PostgreSQL refuses to run as root, so that root gives it an unprivileged account: `postgres` where the machine
 * has one, else `nobody`. Anybody else runs it as themselves.
 * @throws ThenarError `unavailable` when root has no such account.
 */
export function databaseAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const account = lookUp('postgres') ?? lookUp('nobody');
  if (account === null) {
    throw new ThenarError(
      'unavailable',
      'The embedded PostgreSQL cannot run as root and this machine has neither a "postgres" nor a "nobody" user; ' +
        'start the engine as an ordinary user or set DATABASE_URL.',
    );
  }
  return account;
}

/** Whether the account can enter a folder; asked of the system, because modes alone do not tell (ACLs, mounts). */
export function canEnter(folder: string, account: Account): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], runAs(account)).status === 0;
}

/**
 * Makes the data directory and sees to it that the account can pass through it. The directory itself is ours, so
 * its mode is widened to let others pass but not list; folders above it are not ours and are left as they are.
 * @throws ThenarError `unavailable` naming the folder that is in the way.
 */
export function prepareDataDir(dataDir: string, account: Account | null): string {
  const path = resolve(dataDir);
  try {
    mkdirSync(path, { recursive: true, mode: account === null ? 0o700 : 0o711 });
    if (!statSync(path).isDirectory()) throw new Error('it is not a directory');
  } catch (cause) {
    throw new ThenarError(
      'unavailable',
      `The data directory ${path} cannot be used: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
  if (account === null || canEnter(path, account)) return path;
  const parent = dirname(path);
  if (parent === path || canEnter(parent, account)) {
    chmodSync(path, (statSync(path).mode & 0o777) | 0o011);
    if (canEnter(path, account)) return path;
  }
  let culprit = path;
  for (
    let folder = parent;
    folder !== dirname(folder) && !canEnter(folder, account);
    folder = dirname(folder)
  ) {
    culprit = folder;
  }
  throw new ThenarError(
    'unavailable',
    `The data directory ${path} cannot be used: PostgreSQL refuses to run as root, and the user ` +
      `"${account.name}" it runs as instead cannot enter ${culprit}. Choose a folder it can reach, such as ` +
      '/var/lib/thenar, by THENAR_DATA_DIR.',
  );
}
