import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** What `postmaster.pid` of a data directory says (PostgreSQL: miscadmin.h, "lock file line numbers"). */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  readonly socketFolder: string;
}

/** Reads the file a running or killed server left; null when there is none or it is not complete yet. */
export function readPostmasterFile(cluster: string): PostmasterFile | null {
  let lines: string[];
  try {
    lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return null;
  return { pid, port: Number(lines[3] ?? 0), socketFolder: lines[4] ?? '' };
}

export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether a process is a server of this very cluster. A pid alone does not tell: after a reboot, and all the time
 * in containers, the number in a stale file belongs to somebody else. A server's working directory is its cluster.
 */
export function isPostmaster(pid: number, cluster: string): boolean {
  if (!exists(pid)) return false;
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === cluster;
    } catch {
      return false;
    }
  }
  const listed = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return listed.stdout.includes('postgres') && listed.stdout.includes(cluster);
}

function pidIn(path: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return Number.isInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

/**
 * Removes lock files whose process is gone or is another program. PostgreSQL removes the former itself, but refuses
 * to start for the latter.
 * @returns the server of this cluster that still holds one of them (it may be on its way out), or null.
 */
export function removeStaleFiles(cluster: string, sockets: string): number | null {
  for (const path of [join(cluster, 'postmaster.pid'), join(sockets, '.s.PGSQL.5432.lock')]) {
    const pid = pidIn(path);
    if (pid === null) continue;
    if (isPostmaster(pid, cluster)) return pid;
    rmSync(path, { force: true });
  }
  return null;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone, which is what the signal was for.
  }
}

const POLL_MS = 10;

/** Resolves true once the process is gone, false when it is still there after `ms`. */
export async function gone(pid: number, cluster: string, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (isPostmaster(pid, cluster)) {
    if (performance.now() > end) return false;
    await pause(POLL_MS);
  }
  return true;
}

/** Fast shutdown (SIGINT: open transactions roll back, a checkpoint is written), then immediate, then the end. */
export async function stopPostmaster(pid: number, cluster: string, fastMs: number): Promise<void> {
  for (const [name, ms] of [
    ['SIGINT', fastMs],
    ['SIGQUIT', 3_000],
    ['SIGKILL', 3_000],
  ] as const) {
    if (!isPostmaster(pid, cluster)) return;
    signal(pid, name);
    if (await gone(pid, cluster, ms)) return;
  }
}
