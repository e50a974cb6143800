import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { engineName } from '../lock.ts';
import { type Account, runAs } from './account.ts';
import type { Binaries } from './binaries.ts';

/**
 * Settings of the server. It serves one engine on this machine through a socket, so that nothing listens on the
 * network and nothing is kept for replicas; what a commit promises (fsync, synchronous_commit, full_page_writes)
 * is PostgreSQL's default and stays so.
 */
function settings(
  sockets: string,
  connectionsMax: number,
  extra: Readonly<Record<string, string>>,
): string[] {
  const values: Readonly<Record<string, string | number>> = {
    listen_addresses: '',
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    port: 5432,
    max_connections: connectionsMax,
    shared_buffers: '64MB',
    wal_level: 'minimal',
    max_wal_senders: 0,
    io_method: 'sync',
    // After a crash one call flushes the file system, where fsync of every file takes seconds; Linux only.
    recovery_init_sync_method: process.platform === 'linux' ? 'syncfs' : 'fsync',
    // Plans made for a young table, all of which was one page, are not kept for a minute while it grows. Each look
    // takes a tenth of a second of a core, so not more often.
    autovacuum_naptime: '30s',
    jit: 'off',
    max_parallel_workers_per_gather: 0,
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Statements carry personal data, and refused guards are ordinary: neither goes into a log file.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    cluster_name: engineName(),
    ...extra,
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

const LOG_BYTES_MAX = 1024 * 1024;

function openLog(path: string): number {
  const handle = openSync(path, 'a', 0o600);
  if (fstatSync(handle).size < LOG_BYTES_MAX) return handle;
  closeSync(handle);
  renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function logLines(server: string): string[] {
  try {
    return readFileSync(join(server, 'postgres.log'), 'utf8').trimEnd().split('\n');
  } catch {
    return ['it wrote no log'];
  }
}

/** The last lines of the server's log, for an error message. */
export function logTail(server: string): string {
  return logLines(server).slice(-4).join(' | ');
}

/** What one process wrote; two servers that start at once write to one log. */
export function logOf(server: string, pid: number): string {
  return logLines(server)
    .filter((line) => line.includes(`[${pid}]`))
    .join('\n');
}

/**
 * Starts the server in a session of its own: a Ctrl-C in the terminal reaches the whole foreground group, and the
 * engine must be able to drain before its database goes.
 */
export function spawnServer(options: {
  readonly binaries: Binaries;
  readonly server: string;
  readonly cluster: string;
  readonly sockets: string;
  readonly account: Account | null;
  readonly connectionsMax: number;
  readonly extra: Readonly<Record<string, string>>;
}): ChildProcess {
  const log = openLog(join(options.server, 'postgres.log'));
  try {
    return spawn(
      join(options.binaries.folder, 'postgres'),
      ['-D', options.cluster, ...settings(options.sockets, options.connectionsMax, options.extra)],
      { ...runAs(options.account), stdio: ['ignore', log, log], detached: true },
    );
  } finally {
    closeSync(log);
  }
}
