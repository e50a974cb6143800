/** Servers of this machine that an engine can be given in place of what it brings: killed and started like any other. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { databaseAccount, runAs } from '../../storage/postgres/embedded/account.ts';

export interface Server {
  /** Ends it at once, as SIGKILL does: PostgreSQL's children go with it. */
  kill(): Promise<void>;
  /** Starts it again on the same port; PostgreSQL on the same files, Redis empty. Resolves when it answers. */
  start(): Promise<void>;
  /** Kills it and removes its files. */
  close(): Promise<void>;
}

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

export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** A redis-server that keeps nothing, on a port of its own. */
export async function startRedisServer(): Promise<Server & { readonly url: string }> {
  const folder = mkdtempSync('/tmp/thenar-redis-');
  const port = await freePort();
  const words = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  let child: ChildProcess | null = null;
  const server = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const started = spawn('redis-server', ['--port', String(port), ...words], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      child = started;
      let said = '';
      for await (const chunk of started.stdout) {
        said += String(chunk);
        if (said.includes('Ready to accept connections')) break;
      }
      started.stdout.resume();
      if (!said.includes('Ready to accept connections')) {
        throw new Error(`redis-server does not start: ${said}`);
      }
    },
    async kill() {
      const running = child;
      child = null;
      if (running !== null) await end(running, 'SIGKILL');
    },
    async close() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

export interface PostgresServer extends Server {
  url(database: string): string;
  /** Makes an empty database. @returns its URL */
  make(database: string): Promise<string>;
}

/**
 * A server of the machine's PostgreSQL on a TCP port, never as root.
 * @param programs folder of `initdb` and `postgres`
 * @param settings over its defaults: `fsync=off` where only processes are killed and never the machine
 */
export async function startPostgresServer(
  programs: string,
  settings: readonly string[] = [],
): Promise<PostgresServer> {
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
  const words = ['listen_addresses=127.0.0.1', ...settings].flatMap((setting) => ['-c', setting]);
  let child: ChildProcess | null = null;
  const server: PostgresServer = {
    url: (database) => `postgres://thenar@127.0.0.1:${port}/${database}`,
    async start() {
      child = spawn(join(programs, 'postgres'), ['-D', cluster, '-p', String(port), '-k', folder, ...words], {
        ...runAs(account),
        stdio: 'ignore',
      });
      await answers(server.url('postgres'));
    },
    async kill() {
      const running = child;
      child = null;
      // SIGQUIT is PostgreSQL's own crash: no checkpoint, and no child left behind.
      if (running !== null) await end(running, 'SIGQUIT');
    },
    async close() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
    async make(database) {
      const sql = postgres(server.url('postgres'), { max: 1, onnotice: () => {} });
      await sql.unsafe(`CREATE DATABASE ${database}`);
      await sql.end();
      return server.url(database);
    },
  };
  await server.start();
  return server;
}

const TRIES = 1_000;

/** Resolves when the server takes a query: it says so nowhere but in its log. */
async function answers(url: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
    try {
      await sql`SELECT 1`;
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      await pause(25);
    } finally {
      await sql.end();
    }
  }
}
