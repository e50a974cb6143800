import t from 'tap';
import { probe, setUp, until, versioned } from '../support/actors.ts';

t.test('changes within the coalescing time are one write of the newest version', async (t) => {
  const { clock, snapshots, ask } = setUp(versioned, { snapshot_coalesce_ms: 50 });
  await ask('a/1');
  await ask('a/1');
  await ask('a/1');
  t.equal(snapshots.puts.length, 0, 'handling did not wait for the store');
  await clock.advance(50);
  t.match(snapshots.puts, [{ key: 'probe/a/1', version: 3, state: ['ask', 'ask', 'ask'] }]);
  t.equal(snapshots.puts.length, 1);
});

t.test('one write a key is under way; what changed meanwhile follows', async (t) => {
  const { directory, clock, snapshots, ask } = setUp(versioned, { snapshot_coalesce_ms: 50 });
  snapshots.holding = true;
  await ask('a/1');
  await clock.advance(50);
  await ask('a/1');
  await ask('a/1');
  await clock.advance(500);
  t.equal(snapshots.puts.length, 1);
  t.match(directory.inspect('probe', 'a/1'), { snapshotVersion: null, snapshotLag: 3 });
  snapshots.puts[0]?.done();
  await clock.advance(50);
  t.match(snapshots.puts[1], { version: 3 });
  snapshots.puts[1]?.done();
  await until(() => directory.inspect('probe', 'a/1')?.snapshotLag === 0);
  t.match(directory.inspect('probe', 'a/1'), { snapshotVersion: 3 });
});

t.test('a failed write is counted and comes again with the next change', async (t) => {
  const { directory, clock, snapshots, ask, logged } = setUp(versioned);
  snapshots.holding = true;
  await ask('a/1');
  await clock.advance(100);
  snapshots.puts[0]?.done(new Error('the cache is away'));
  await clock.advance(10_000);
  t.equal(snapshots.puts.length, 1, 'a store in trouble is not hammered');
  t.equal(directory.counts().snapshot_failures, 1);
  t.same(logged, ['warn: a snapshot could not be written']);
  await ask('a/1');
  await clock.advance(100);
  t.match(snapshots.puts[1], { version: 2 });
});

t.test('a store that hangs neither blocks later writes nor keeps an actor in memory', async (t) => {
  const { directory, clock, snapshots, ask } = setUp(
    { ...versioned, idleMs: 1_000 },
    { snapshot_write_timeout_ms: 200 },
  );
  snapshots.holding = true;
  await ask('a/1');
  await clock.advance(300);
  await ask('a/1');
  await clock.advance(300);
  t.equal(snapshots.puts.length, 2);
  await clock.advance(3_000);
  t.equal(directory.isLive(probe, 'a/1'), false);
});

t.test('writes under way over all actors are bounded', async (t) => {
  const { clock, snapshots, ask } = setUp(versioned, { snapshot_writes_in_flight_max: 2 });
  snapshots.holding = true;
  for (let i = 0; i < 5; i += 1) await ask(`a/${i}`);
  await clock.advance(100);
  t.equal(snapshots.puts.length, 2);
  for (let i = 0; i < 5; i += 1) {
    await until(() => snapshots.puts.length > i);
    snapshots.puts[i]?.done();
  }
  t.equal(new Set(snapshots.puts.map(({ key }) => key)).size, 5);
});

t.test('load is given the snapshot, or null when the store forgot or fails', async (t) => {
  const given: unknown[] = [];
  const { directory, clock, snapshots, ask } = setUp({
    ...versioned,
    load: async (_key, snapshot) => {
      given.push(snapshot);
      return { version: snapshot?.version ?? 0, seen: [] };
    },
  });
  await ask('a/1');
  await directory.operate('probe', 'a/1', 'passivate');
  await ask('a/1');
  snapshots.readError = new Error('the cache is away');
  await directory.operate('probe', 'a/1', 'passivate');
  await ask('a/1');
  t.match(given, [null, { version: 1, state: ['ask'] }, null]);
  t.equal(directory.counts().snapshot_read_failures, 1);
  await clock.advance(1);
});

t.test('a kind without versions never touches the store', async (t) => {
  const { directory, clock, snapshots, ask } = setUp();
  snapshots.readError = new Error('must not be read');
  await ask('a/1');
  await clock.advance(1_000);
  t.equal(await directory.operate('probe', 'a/1', 'snapshot'), false);
  t.equal(await directory.operate('probe', 'a/1', 'passivate'), true);
  t.equal(snapshots.puts.length, 0);
  t.equal(directory.counts().snapshot_read_failures, 0);
});
