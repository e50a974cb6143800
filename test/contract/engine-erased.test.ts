/** After the receipt of an erasure is complete: nothing of the palm in files, in Redis, or in the engine's memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import t from 'tap';
import { chunkKind, ShardReader } from '../../engine/index/file.ts';
import { VectorArena } from '../../engine/index/vectors.ts';
import { CodeArena } from '../../engine/palm/compare.ts';
import { openTemplate } from '../../engine/palm/protect.ts';
import { fromStoredForm, shardFileKey } from '../../engine/palm/protection.ts';
import { ShardFiles } from '../../engine/pool/shard_files.ts';
import type { PalmLogRecord } from '../../engine/records.ts';
import { systemRandom } from '../../engine/system.ts';
import type { KeyFile } from '../../storage/keys/file.ts';
import { SLOT_BYTES, slotState } from '../../storage/keys/slot.ts';
import { MemoryProbe } from '../support/memory-probe.ts';
import { Needles } from '../support/needles.ts';
import { readMemoryOf } from '../support/process-memory.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { SpawnedNode } from '../support/spawned.ts';
import { copyOfKeys, embeddedDatabase, palmLogOf, protectionOfTenant, withKeys } from '../support/stolen.ts';
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
const sql = embeddedDatabase(node.dataDir);

/** Works with the keys as they are on disk now. */
const keysNow = <T>(work: (keys: KeyFile) => Promise<T> | T): Promise<T> =>
  withKeys(copyOfKeys(node.dataDir), masterKey, work);

const protectionNow = () => protectionOfTenant(sql, node.dataDir, masterKey, tenant.tenantId);

interface Traces {
  readonly rows: readonly PalmLogRecord[];
  readonly key: Buffer;
  readonly parts: ReadonlyMap<string, Buffer>;
}

/** Every form in which the engine holds a palm: stored and indexed vectors and the planes of the code. */
async function tracesOf(userId: string): Promise<Traces> {
  const rows = await palmLogOf(sql, userId);
  const protection = await protectionNow();
  const key = Buffer.from(await keysNow((keys) => keys.find(userId)!));
  const parts = new Map<string, Buffer>();
  const arena = new VectorArena();
  const codes = new CodeArena();
  codes.allocate();
  for (const [n, row] of rows.entries()) {
    const { vector, code } = fromStoredForm(openTemplate(row.sealed!, key, row), protection, row);
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

/** Names of what is in the engine's memory, freed or not: the form in which a palm is searched for, and its key. */
async function inMemory({ parts, key }: Traces): Promise<string[]> {
  const searched = [...parts, ['key', key] as const].filter(([name]) => /^(indexed|key)/.test(name));
  const found = new Set<string>();
  await readMemoryOf(node.pid, (piece) => {
    for (const [name, bytes] of searched) if (piece.includes(bytes)) found.add(name);
  });
  return [...found].sort();
}

/** The slots of the key file that are in use, as bytes. */
function slotsNow(): string[] {
  const file = readFileSync(join(node.dataDir, 'subjects.keys'));
  const all = Array.from({ length: Math.floor(file.length / SLOT_BYTES) }, (_, n) => n * SLOT_BYTES);
  return all
    .filter((at) => at > 0 && slotState(file, at) === 'used')
    .map((at) => file.toString('hex', at, at + SLOT_BYTES));
}

/** What a shard file holds once it is opened with its key. */
async function shardContents(): Promise<Buffer> {
  const protection = await protectionNow();
  return keysNow(async (keys) => {
    const found = await new ShardFiles(node.dataDir, keys).find(tenant.tenantId);
    if (found === null) throw new Error('there is no shard file');
    const key = shardFileKey(found.key, protection.key);
    const reader = new ShardReader(join(node.dataDir, 'shards', `${tenant.tenantId}.shard`), key);
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

  const needles = new Needles();
  for (const [name, bytes] of traces.parts) needles.bytes(name, bytes);
  needles.bytes('key', traces.key);
  const held = await inMemory(traces);
  t.match(held, ['indexed code 0', 'indexed code 1', 'indexed vector 0', 'indexed vector 1']);

  const slots = slotsNow();

  const removed = await tenant.must('DELETE', `/v1/users/${user.user_id}`);
  await eventually(
    () => tenant.must('GET', `/v1/erasures/${removed.erasure_id}`),
    (erasure) => erasure.status === 'complete',
  );
  t.match(await scanner.client.transaction(capture(1), {}), { decision: 'allow' });

  t.same(await inMemory(traces), [], 'in no memory of the process, what was freed included');
  const contents = await shardContents();
  t.ok(contents.length > 1_000);
  t.same(needles.in(contents), [], 'no shard file');
  t.same(needles.below(node.dataDir), [], 'no file, and the key in none of them');
  const kept = new Needles();
  for (const { sealed } of traces.rows) kept.bytes('sealed template', sealed!);
  t.not(kept.below(node.dataDir).length, 0, 'PostgreSQL’s files still hold what was sealed');
  await keysNow((keys) => {
    t.equal(keys.find(user.user_id), null, 'and the key that opened it a moment ago is gone');
  });
  const standing = new Set(slotsNow());
  const wrapped = new Needles();
  const gone = slots.filter((slot) => !standing.has(slot));
  for (const slot of gone) wrapped.bytes('wrapped key', Buffer.from(slot, 'hex'));
  t.not(gone.length, 0, 'a slot of the key file was overwritten');
  t.same(wrapped.below(node.dataDir), [], 'of which no file has a copy, which the tenant’s key would open');
  t.same(await palmLogOf(sql, user.user_id), []);
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
