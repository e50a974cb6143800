/** After the receipt of an erasure is complete: nothing of the palm in files, in Redis, or in the engine's memory. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import t from 'tap';
import { chunkKind, ShardReader } from '../../engine/index/file.ts';
import { VectorArena } from '../../engine/index/vectors.ts';
import { CodeArena } from '../../engine/palm/compare.ts';
import { openTemplate } from '../../engine/palm/protect.ts';
import { decodeTemplate } from '../../engine/palm/template.ts';
import { ShardFiles } from '../../engine/pool/shard_files.ts';
import type { SubjectKeys } from '../../engine/ports.ts';
import type { PalmLogRecord } from '../../engine/records.ts';
import { systemRandom } from '../../engine/system.ts';
import { openSubjectKeys } from '../../storage/keys/file.ts';
import { databaseAccount } from '../../storage/postgres/embedded/account.ts';
import { serverFolder, socketFolder } from '../../storage/postgres/embedded/cluster.ts';
import { embeddedConnection } from '../../storage/postgres/lock.ts';
import { MemoryProbe } from '../support/memory-probe.ts';
import { Needles } from '../support/needles.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { SpawnedNode } from '../support/spawned.ts';
import { temporaryFolder } from '../support/store.ts';
import { capture, eventually, TestTenant } from '../support/tenant.ts';

const masterKey = Buffer.from(systemRandom.bytes(32));
const redis = hasRedis() ? await startRedis() : null;
const probe = new MemoryProbe(temporaryFolder('probe'));
const node = await SpawnedNode.start({
  THENAR_MASTER_KEY: masterKey.toString('base64'),
  ...(redis === null ? {} : { REDIS_URL: redis.url }),
  ...probe.settings,
});
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const account = databaseAccount();
const sql = postgres({
  ...embeddedConnection(socketFolder(serverFolder(node.dataDir, account), account), 5432),
  max: 1,
});
t.teardown(() => sql.end());

/** The key file as it is on disk now: the engine has its own open. */
async function keysNow<T>(work: (keys: SubjectKeys) => Promise<T> | T): Promise<T> {
  const copy = join(temporaryFolder('keys'), 'subjects.keys');
  copyFileSync(join(node.dataDir, 'subjects.keys'), copy);
  const keys = await openSubjectKeys(copy, masterKey, systemRandom);
  try {
    return await work(keys);
  } finally {
    await keys.close();
  }
}

async function logOf(userId: string): Promise<PalmLogRecord[]> {
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
  }));
}

interface Traces {
  readonly rows: readonly PalmLogRecord[];
  readonly key: Buffer;
  readonly parts: ReadonlyMap<string, Buffer>;
}

/** Every form in which the engine holds a palm: stored and indexed vectors and the planes of the code. */
async function tracesOf(userId: string): Promise<Traces> {
  const rows = await logOf(userId);
  const key = Buffer.from(await keysNow((keys) => keys.find(userId)!));
  const parts = new Map<string, Buffer>();
  const arena = new VectorArena();
  const codes = new CodeArena();
  codes.allocate();
  for (const [n, row] of rows.entries()) {
    const { vector, code } = decodeTemplate(openTemplate(row.sealed!, key, row));
    arena.write(0, vector);
    codes.set(0, code);
    const views = { vector, 'indexed vector': arena.raw(0), ...code, 'indexed code': codes.raw(0) };
    for (const [name, view] of Object.entries(views)) {
      if (!ArrayBuffer.isView(view)) continue;
      const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
      const middle = (bytes.length >> 1) & ~3;
      parts.set(`${name} ${n}`, Buffer.from(bytes.subarray(middle, middle + 64)));
    }
  }
  return { rows, key, parts };
}

/** The bytes as they are, in base64 and in hex. */
function* forms({ parts, key }: Traces): Generator<readonly [string, Buffer]> {
  for (const [name, bytes] of [...parts, ['key', key] as const]) {
    yield [name, bytes];
    for (const skip of [0, 1, 2])
      yield [name, Buffer.from(bytes.subarray(skip, skip + 30).toString('base64'))];
    yield [name, Buffer.from(bytes.toString('hex'))];
  }
}

/** What a shard file holds once it is opened with its key. */
async function shardContents(): Promise<Buffer> {
  return keysNow(async (keys) => {
    const found = await new ShardFiles(node.dataDir, keys).find(tenant.tenantId);
    if (found === null) throw new Error('there is no shard file');
    const reader = new ShardReader(join(node.dataDir, 'shards', `${tenant.tenantId}.shard`), found.key);
    const chunks: Buffer[] = [];
    for (;;) {
      const { kind, bytes } = reader.next();
      if (kind === chunkKind.end) break;
      chunks.push(Buffer.from(bytes));
    }
    reader.close();
    return Buffer.concat(chunks);
  });
}

t.test('after the receipt nothing of the palm is left', async (t) => {
  await tenant.enrol(scanner, 1);
  const user = await tenant.enrol(scanner, 2);
  t.match(await scanner.client.transaction(capture(2), {}), { decision: 'allow' });
  const traces = await tracesOf(user.user_id);
  t.ok(traces.rows.length >= 2 && traces.parts.size >= 6);
  const before = await probe.look(node.pid, forms(traces), 'buffers', 2);
  const worker = before.find(({ main }) => !main);
  for (const form of ['indexed_vector_0', 'indexed_code_1']) {
    t.ok(worker?.buffers.includes(form), `the search finds ${form} while it is there`);
  }

  const removed = await tenant.must('DELETE', `/v1/users/${user.user_id}`);
  await eventually(
    () => tenant.must('GET', `/v1/erasures/${removed.erasure_id}`),
    (erasure) => erasure.status === 'complete',
  );
  t.match(await scanner.client.transaction(capture(1), {}), { decision: 'allow' });

  const needles = new Needles();
  for (const [name, bytes] of traces.parts) needles.bytes(name, bytes);
  needles.bytes('key', traces.key);
  const contents = await shardContents();
  t.ok(contents.length > 1_000);
  t.same(needles.in(contents), [], 'no shard file');
  t.same(needles.below(node.dataDir), [], 'no file, and the key in none of them');
  await keysNow((keys) => {
    t.equal(keys.find(user.user_id), null, 'what PostgreSQL’s files still hold opens no more');
  });
  t.same(await logOf(user.user_id), []);
  if (redis !== null) {
    const client = new Redis(redis.url);
    await client.save();
    const [, folder] = (await client.config('GET', 'dir')) as [string, string];
    client.disconnect();
    t.same(needles.in(readFileSync(join(folder, 'dump.rdb'))), [], 'no Redis key');
  }
  const after = await probe.look(node.pid, forms(traces), 'heap', before.length);
  t.ok(after.some(({ main }) => main) && after.some(({ main }) => !main));
  t.same(
    after.map(({ heap }) => heap),
    after.map(() => []),
    'no heap snapshot',
  );
  t.same(
    after.map(({ buffers }) => buffers),
    after.map(() => []),
    'no buffer that is alive, nor a memory of WebAssembly',
  );
});
