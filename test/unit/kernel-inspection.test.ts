import t from 'tap';
import { Best } from '../../actors/best.ts';
import { codeOf, probe, setUp, until, versioned } from '../support/actors.ts';
import { SeededRandom } from '../support/random.ts';

t.test('a list is filtered by kind and tenant, sorted, and bounded', async (t) => {
  const { directory, clock, ask } = setUp({ mailboxDepthMax: 100 }, { actor_list_max: 40 });
  for (let i = 0; i < 60; i += 1) {
    await ask(`${i % 2 === 0 ? 'acme' : 'acme2'}/device/${String(i).padStart(2, '0')}`);
    await clock.advance(1);
  }
  const keys = async (filter: Parameters<typeof directory.list>[0]): Promise<string[]> =>
    (await directory.list(filter)).map(({ key }) => key);
  t.same(
    await keys({ limit: 3 }),
    ['acme2/device/59', 'acme/device/58', 'acme2/device/57'],
    'last active first',
  );
  t.same(await keys({ tenant: 'acme', limit: 2 }), ['acme/device/58', 'acme/device/56']);
  t.same(await keys({ kind: 'other', limit: 2 }), []);
  t.equal((await keys({ limit: 1_000 })).length, 40);
  t.same(await keys({ limit: 0 }), []);

  // Deeper mailboxes for keys in no particular order; nothing is handled before the list is taken.
  const depths = new Map([7, 31, 2, 55, 18].map((i, at) => [i, at + 1]));
  for (const [i, depth] of depths) {
    const key = `${i % 2 === 0 ? 'acme' : 'acme2'}/device/${String(i).padStart(2, '0')}`;
    for (let sent = 0; sent < depth; sent += 1) directory.tell(probe, key, { type: 'waits' });
  }
  t.same(
    (await directory.list({ sort: 'depth', limit: 4 })).map(({ mailboxDepth }) => mailboxDepth),
    [5, 4, 3, 2],
  );
});

t.test('sorts by age of the oldest message, by failures and by restarts', async (t) => {
  const { directory, clock, ask } = setUp({ load: () => new Promise(() => {}) });
  void codeOf(ask('a/old', {}, 9_000));
  await clock.advance(10);
  void codeOf(ask('a/new', {}, 9_000));
  await clock.advance(5);
  t.match(await directory.list({ sort: 'age', limit: 2 }), [
    { key: 'a/old', oldestAgeMs: 15, state: 'loading' },
    { key: 'a/new', oldestAgeMs: 5 },
  ]);
  const other = setUp();
  const boom = (): never => {
    throw new Error('boom');
  };
  await other.ask('a/fine');
  await codeOf(other.ask('a/bad', { run: boom }));
  await other.clock.advance(1_000);
  t.match(await other.directory.list({ sort: 'failed', limit: 1 }), [{ key: 'a/bad', failed: 1 }]);
  t.match(await other.directory.list({ sort: 'restarts', limit: 1 }), [{ key: 'a/bad', restarts: 1 }]);
});

t.test('the detail has what the behaviour shows, and the last transitions only', async (t) => {
  const { directory, clock, ask } = setUp(
    { ...versioned, stateName: (state) => `s${state.seen.length}` },
    { transitions_kept_max: 2 },
  );
  for (let i = 0; i < 4; i += 1) await ask('acme/device/1', { type: `m${i}` });
  const detail = directory.inspect('probe', 'acme/device/1');
  t.match(detail, {
    kind: 'probe',
    key: 'acme/device/1',
    state: 's4',
    phase: 'live',
    handled: 4,
    lastMessage: 'm3',
    lastActiveAt: clock.now(),
    description: { seen: 4 },
    transitions: [
      { from: 's2', to: 's3', message: 'm2' },
      { from: 's3', to: 's4', message: 'm3' },
    ],
  });
  t.equal(directory.inspect('probe', 'acme/device/2'), null);
  t.equal(directory.inspect('nothing', 'acme/device/1'), null);
});

t.test('operators can restart, snapshot and passivate; what cannot be done is false', async (t) => {
  let loads = 0;
  const { directory, clock, snapshots, ask } = setUp({
    ...versioned,
    load: async () => {
      loads += 1;
      return { version: 0, seen: [] };
    },
    idle: (state) => !state.seen.includes('stay'),
  });
  t.equal(await directory.operate('probe', 'a/1', 'restart'), false, 'it is not live');
  await ask('a/1');
  t.equal(await directory.operate('probe', 'a/1', 'snapshot'), true);
  t.equal(snapshots.stored.get('probe/a/1')?.version, 1);
  const restarted = directory.operate('probe', 'a/1', 'restart');
  await clock.advance(10);
  t.equal(await restarted, true);
  t.equal(loads, 2);
  t.match(directory.inspect('probe', 'a/1'), { failed: 0, restarts: 1 });
  await ask('a/1', { type: 'stay' });
  t.equal(await directory.operate('probe', 'a/1', 'passivate'), false, 'it is not idle');
  const again = directory.operate('probe', 'a/1', 'restart');
  await clock.advance(10);
  await again;
  t.equal(await directory.operate('probe', 'a/1', 'passivate'), true);
  t.equal(directory.isLive(probe, 'a/1'), false);
});

t.test('dead letters keep the last few and count all', async (t) => {
  const { directory, ask } = setUp({ mailboxDepthMax: 1 }, { dead_letters_kept_max: 3 });
  await ask('a/1');
  for (let i = 0; i < 9; i += 1) directory.tell(probe, 'a/1', { type: `t${i}` });
  const { total, recent } = directory.deadLetters();
  t.equal(total, 8);
  t.same(
    recent.map(({ message }) => message),
    ['t6', 't7', 't8'],
  );
  await until(() => directory.inspect('probe', 'a/1')?.mailboxDepth === 0);
});

t.test('a survey sums up every actor of a kind', async (t) => {
  const boom = (): never => {
    throw new Error('boom');
  };
  const { directory, clock, snapshots, ask } = setUp(versioned, { actors_looked_at_max: 2 });
  snapshots.holding = true;
  for (const key of ['a/1', 'a/2', 'a/3']) await ask(key);
  await ask('a/3');
  await codeOf(ask('a/2', { run: boom }));
  directory.tell(probe, 'a/1', { type: 'waits' });
  directory.tell(probe, 'a/1', { type: 'waits' });
  directory.tell(probe, 'a/3', { type: 'waits' });
  const asked = directory.survey();
  await until(() => clock.nextDue() !== null);
  await clock.advance(0);
  await clock.advance(0);
  const { kinds, counters, deadLetters } = await asked;
  t.match(kinds, [{ name: 'probe', live: 3, failures: 1, restarts: 1 }]);
  t.match(kinds, [{ waiting: 2, deepest: 2 }], 'as it was in its turn');
  t.match(kinds, [{ lagging: 2, lagMax: 3 }], 'the third actor had its message before it was looked at');
  t.equal(
    kinds[0]?.activations.counts.reduce((all, some) => all + some, 0),
    3,
  );
  t.match(counters, { failed: 1, restarts: 1 });
  t.same(deadLetters, { stopped: 0, mailbox_full: 0, activation_failed: 0, backing_off: 0 });
});

t.test('a survey tells of waiting messages and dead letters', async (t) => {
  const { directory, clock, ask } = setUp({ load: () => new Promise(() => {}) }, { activation_queue_max: 3 });
  void codeOf(ask('a/1', {}, 9_000));
  await clock.advance(10);
  for (let sent = 0; sent < 4; sent += 1) directory.tell(probe, 'a/1', { type: 'waits' });
  directory.tell(probe, 'a/2', { type: 'waits' });
  const { kinds, deadLetters } = await directory.survey();
  t.match(kinds, [{ live: 2, waiting: 4, deepest: 3, oldestAgeMs: 10 }]);
  t.equal(deadLetters.mailbox_full, 2);
});

t.test('many actors are looked at in slices, and each slice is a turn of its own', async (t) => {
  const { directory, clock, ask } = setUp({}, { actors_looked_at_max: 4 });
  for (let i = 0; i < 10; i += 1) {
    await ask(`acme/device/${i}`);
    await clock.advance(1);
  }
  const batches: number[] = [];
  let listed: readonly { readonly key: string }[] | null = null;
  void directory.list({ limit: 3 }).then((infos) => {
    listed = infos;
  });
  while (listed === null) {
    await new Promise((resolve) => setImmediate(resolve));
    if (listed !== null) break;
    t.ok(clock.step(), 'it goes on when everybody else had a turn');
    batches.push(1);
  }
  t.ok(batches.length >= 2, `${batches.length} pauses`);
  t.same(
    (listed as readonly { readonly key: string }[]).map(({ key }) => key),
    ['acme/device/9', 'acme/device/8', 'acme/device/7'],
  );
});

t.test('an actor that left memory while a list was made is not in it', async (t) => {
  const { directory, clock, ask } = setUp({}, { actors_looked_at_max: 1 });
  for (const key of ['a/1', 'a/2', 'a/3']) await ask(key);
  const list = directory.list({ limit: 10 });
  const gone = directory.operate('probe', 'a/1', 'passivate');
  await clock.advance(100);
  t.equal(await gone, true);
  t.same((await list).map(({ key }) => key).sort(), ['a/2', 'a/3']);
});

t.test(
  'an inspected actor shows the types of what waits, the oldest first, and no more than the bound',
  async (t) => {
    const { directory, clock } = setUp({ load: () => new Promise(() => {}) }, { mailbox_shown_max: 2 });
    for (const type of ['first', 'second', 'third']) {
      directory.tell(probe, 'a/1', { type });
      await clock.advance(5);
    }
    const detail = directory.inspect('probe', 'a/1');
    t.equal(detail?.mailboxDepth, 3);
    t.same(detail?.mailbox, [
      { message: 'first', ageMs: 15 },
      { message: 'second', ageMs: 10 },
    ]);
  },
);

t.test('the best of many are those that sorting finds, in that order', async (t) => {
  const random = new SeededRandom(20_261_126);
  for (let round = 0; round < 300; round += 1) {
    const scores = Array.from({ length: random.below(60) }, () => random.below(12));
    const size = random.below(20);
    const best = new Best<number>(size);
    for (const [at, score] of scores.entries()) best.offer(score, at);
    const found: number[] = [];
    for (let at = best.takeWorst(); at !== undefined; at = best.takeWorst()) found.unshift(at);
    const sorted = scores.map((_, at) => at).sort((a, b) => scores[b]! - scores[a]! || a - b);
    t.same(found, sorted.slice(0, size), `round ${round}`);
  }
});
