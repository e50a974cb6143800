import t, { type Test } from 'tap';
import { limits } from '../../engine/limits.ts';
import type { SnapshotStore } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { openSealers } from '../../storage/seal.ts';
import { memorySnapshots } from '../../storage/snapshots/memory.ts';
import { postgresSnapshots } from '../../storage/snapshots/postgres.ts';
import { redisSnapshots } from '../../storage/snapshots/redis.ts';
import { fixedKeys, otherKeys } from '../support/keys.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { available } from '../support/require.ts';
import { openTestStore, quietLog } from '../support/store.ts';

const sealer = openSealers(fixedKeys, 'snapshots', systemRandom);

async function suite(t: Test, snapshots: SnapshotStore): Promise<void> {
  const state = { phase: 'open', list: [1, { name: 'Zoë' }], none: null };
  t.equal(await snapshots.get('device/a/b'), null);
  await snapshots.put('device/a/b', 5, state);
  t.strictSame(await snapshots.get('device/a/b'), { version: 5, state });
  await snapshots.put('device/a/b', 4, { phase: 'old' });
  t.strictSame(await snapshots.get('device/a/b'), { version: 5, state }, 'an older one is refused silently');
  await snapshots.put('device/a/b', 10, { phase: 'closed' });
  t.strictSame(
    await snapshots.get('device/a/b'),
    { version: 10, state: { phase: 'closed' } },
    'as numbers, not as text',
  );

  const order = Array.from({ length: 300 }, (_, n) => ((n * 71) % 300) + 1);
  await Promise.all(order.map((version) => snapshots.put('raced', version, { version })));
  t.strictSame(await snapshots.get('raced'), { version: 300, state: { version: 300 } });

  await Promise.all(order.map((n) => snapshots.put(`many/${n}`, n, n)));
  const read = await Promise.all(order.map((n) => snapshots.get(`many/${n}`)));
  t.strictSame(
    read.map((snapshot) => snapshot?.state),
    order,
  );

  await snapshots.delete('device/a/b');
  t.equal(await snapshots.get('device/a/b'), null);
  t.equal(await snapshots.healthy(), true);
}

t.test('memory', async (t) => {
  await suite(t, memorySnapshots());
});

t.test('PostgreSQL', async (t) => {
  const store = await openTestStore(t);
  const snapshots = postgresSnapshots(store.client, sealer, systemClock);
  t.teardown(() => snapshots.close());
  await suite(t, snapshots);
  await snapshots.put('private', 1, { phone: '+41790000000' });
  const [row] = await store.client.unsafe(`SELECT state FROM snapshots WHERE key = 'private'`);
  t.notOk(Buffer.from(String(row?.state).slice(2), 'hex').includes('+4179'), 'sealed');
  await store.client.unsafe(`UPDATE snapshots SET state = '\\x00' WHERE key = 'private'`);
  t.equal(await snapshots.get('private'), null, 'a damaged one is no snapshot');
  await t.rejects(snapshots.put('large', 1, 'x'.repeat(limits.snapshot_bytes_max)), {
    code: 'payload_too_large',
  });
});

t.test('Redis', async (t) => {
  if (!available(t, 'redis', hasRedis())) return;
  const redis = await startRedis();
  const snapshots = await redisSnapshots(redis.url, sealer, quietLog);
  t.teardown(() => snapshots.close());
  await suite(t, snapshots);
  await t.rejects(snapshots.put('large', 1, 'x'.repeat(limits.snapshot_bytes_max)), {
    code: 'payload_too_large',
  });

  const other = await redisSnapshots(redis.url, openSealers(otherKeys, 'snapshots', systemRandom), quietLog);
  t.equal(await other.get('raced'), null, 'what another deployment sealed is no snapshot');
  await other.close();

  await redis.kill();
  await t.rejects(snapshots.put('gone', 1, {}), { code: 'unavailable' });
  await t.rejects(snapshots.get('raced'), { code: 'unavailable' });
  t.equal(await snapshots.healthy(), false);
  await redis.start();
  // Reconnecting is the client's own affair and tells nobody: ask until it is done.
  while (!(await snapshots.healthy())) await new Promise((resolve) => setImmediate(resolve));
  await snapshots.put('back', 1, { here: true });
  t.match(await snapshots.get('back'), { state: { here: true } }, 'the script is loaded again');
});
