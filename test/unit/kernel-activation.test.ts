import t from 'tap';
import { ThenarError } from '../../engine/errors.ts';
import { codeOf, deferred, type ProbeState, probe, setUp, until, versioned } from '../support/actors.ts';

t.test('the first message activates; messages meanwhile wait, in order, bounded', async (t) => {
  const gate = deferred<ProbeState>();
  const { directory, ask } = setUp({ load: () => gate.promise }, { activation_queue_max: 2 });
  directory.tell(probe, 'a/1', { type: 'first' });
  const second = ask('a/1');
  t.equal(await codeOf(ask('a/1')), 'engine_busy');
  t.equal(directory.isLive(probe, 'a/1'), false);
  gate.resolve({ version: 0, seen: [] });
  t.equal(await second, 2, 'the told one was handled before');
  t.equal(directory.isLive(probe, 'a/1'), true);
});

t.test('a failed load answers whoever waits and leaves the key inactive, for the next to try', async (t) => {
  let healthy = false;
  const { directory, ask } = setUp({
    load: async () => {
      if (!healthy) throw new ThenarError('device_not_found', 'There is no such device.');
      return { version: 0, seen: [] };
    },
  });
  directory.tell(probe, 'a/1', { type: 'told' });
  t.equal(await codeOf(ask('a/1')), 'device_not_found');
  t.match(directory.deadLetters().recent, [{ message: 'told', reason: 'activation_failed' }]);
  t.equal(directory.inspect('probe', 'a/1'), null);
  healthy = true;
  t.equal(await ask('a/1'), 1);
});

t.test('a load that hangs is given up', async (t) => {
  const { clock, ask } = setUp({ load: () => new Promise(() => {}) }, { activation_timeout_ms: 300 });
  const waiting = codeOf(ask('a/1'));
  await clock.advance(300);
  t.equal(await waiting, 'unavailable');
});

t.test('activations at once are bounded; the others wait for their turn', async (t) => {
  const gates: (() => void)[] = [];
  const { ask } = setUp(
    { load: () => new Promise((resolve) => gates.push(() => resolve({ version: 0, seen: [] }))) },
    { activations_in_flight_max: 2 },
  );
  const answers = ['a/1', 'a/2', 'a/3', 'a/4'].map((key) => ask(key));
  await until(() => gates.length === 2);
  for (let i = 0; i < 4; i += 1) {
    await until(() => gates.length > i);
    t.ok(gates.length <= i + 2);
    gates[i]?.();
  }
  t.same(await Promise.all(answers), [1, 1, 1, 1]);
});

t.test('live actors are bounded', async (t) => {
  const { directory, ask } = setUp({}, { actors_live_max: 1 });
  await ask('a/1');
  t.equal(await codeOf(ask('a/2')), 'engine_busy');
  await directory.operate('probe', 'a/1', 'passivate');
  t.equal(await ask('a/2'), 1);
});

t.test(
  'an adopted actor is live at once with its state, and its start has run; a live one stays',
  async (t) => {
    let loads = 0;
    const { directory, clock, ask } = setUp({
      load: async () => {
        loads += 1;
        return { version: 0, seen: [] };
      },
      start: (state, self) => {
        self.timer('greet', 10, { type: 'greeted' });
        return state;
      },
    });
    directory.adopt(probe, 'a/1', { version: 7, seen: ['created'] });
    t.equal(directory.isLive(probe, 'a/1'), true);
    directory.adopt(probe, 'a/1', { version: 0, seen: [] });
    await clock.advance(10);
    t.equal(await ask('a/1'), 3, 'created, greeted and this');
    t.equal(loads, 0);
  },
);

t.test('an actor that adopts another while it handles a message keeps its own effects apart', async (t) => {
  const started: string[] = [];
  const { directory, clock, ask } = setUp({
    start: (state, self) => {
      if (state.seen.includes('faulty')) throw new Error('no start');
      self.effect(
        async () => started.push(self.key),
        () => ({ type: 'outcome' }),
      );
      return state;
    },
  });
  await ask('a/parent');
  const answer = ask('a/parent', {
    run: (_state, self) => {
      const effect = (name: string): void =>
        self.effect(
          async () => started.push(name),
          () => ({ type: 'outcome' }),
        );
      effect('before');
      directory.adopt(probe, 'a/child', { version: 0, seen: [] });
      directory.adopt(probe, 'a/faulty', { version: 0, seen: ['faulty'] });
      effect('after');
      t.same(started, ['a/parent', 'a/child'], 'the parent is still at work');
      throw new Error('boom');
    },
  });
  t.equal(await codeOf(answer), 'internal');
  t.same(started, ['a/parent', 'a/child'], 'a handler that throws starts none of its effects');
  await directory.drain(clock.monotonic());
});

t.test('idle actors leave memory and come back by their next message', async (t) => {
  let loads = 0;
  const stopped: string[] = [];
  const { directory, clock, ask } = setUp({
    idleMs: 1_000,
    load: async () => {
      loads += 1;
      return { version: 0, seen: [] };
    },
    idle: (state) => !state.seen.includes('stay'),
    stopped: (_state, key) => stopped.push(key),
  });
  await ask('a/leaves');
  await ask('a/stays', { type: 'stay' });
  await clock.advance(900);
  t.equal(directory.isLive(probe, 'a/leaves'), true);
  await clock.advance(600);
  t.equal(directory.isLive(probe, 'a/leaves'), false);
  t.equal(directory.isLive(probe, 'a/stays'), true, 'its behaviour says that it is not idle');
  t.same(stopped, ['a/leaves']);
  t.equal(await ask('a/leaves'), 1);
  t.equal(loads, 3);
});

t.test('an actor that owes an answer is not idle', async (t) => {
  const { directory, clock, ask } = setUp({ idleMs: 100, receive: (state) => state });
  const owed = codeOf(ask('a/1', {}, 10_000));
  await clock.advance(5_000);
  t.equal(directory.isLive(probe, 'a/1'), true);
  await clock.advance(6_000);
  t.equal(await owed, 'deadline_exceeded');
  t.equal(directory.isLive(probe, 'a/1'), false);
});

t.test(
  'leaving waits for effects; a message while the last snapshot is written turns it round',
  async (t) => {
    const { directory, snapshots, ask } = setUp(versioned);
    const gate = deferred<void>();
    snapshots.holding = true;
    const message = ask('a/1', {
      type: 'leave',
      run: (_state, self) => {
        self.passivate();
        self.effect(
          () => gate.promise,
          () => ({ type: 'outcome' }),
        );
        return undefined;
      },
    });
    message.catch(() => {});
    await until(() => directory.inspect('probe', 'a/1')?.effects === 1);
    t.equal(directory.inspect('probe', 'a/1')?.phase, 'live');
    gate.resolve();
    await until(() => directory.inspect('probe', 'a/1')?.phase === 'passivating');
    t.equal(await ask('a/1'), 3, 'it still had its state');
    t.equal(directory.counts().revivals, 1);
    snapshots.puts[0]?.done();
    await until(() => snapshots.puts.length === 2);
    t.match(snapshots.puts[1], { version: 3 }, 'the newer state is written before it leaves');
    snapshots.puts[1]?.done();
    await until(() => !directory.isLive(probe, 'a/1'));
    t.equal(await codeOf(message), 'unavailable', 'a reply it kept is failed when it leaves at its own wish');
  },
);

t.test('drain lets work finish, refuses what is new, writes snapshots and stops all', async (t) => {
  const { directory, clock, snapshots, ask } = setUp(versioned);
  const gate = deferred<string>();
  const working = ask('a/1', {
    run: (state, self) => {
      self.effect(
        () => gate.promise,
        () => ({ type: 'outcome' }),
      );
      return state;
    },
  });
  working.catch(() => {});
  await until(() => directory.inspect('probe', 'a/1')?.effects === 1);
  const drained = directory.drain(clock.monotonic() + 1_000);
  t.equal(await codeOf(ask('a/1')), 'unavailable');
  directory.tell(probe, 'a/2', { type: 'told' });
  t.match(directory.deadLetters().recent, [{ message: 'told', reason: 'stopped' }]);
  await clock.advance(20);
  t.equal(directory.isLive(probe, 'a/1'), true, 'its effect is still under way');
  gate.resolve('done');
  await clock.advance(500);
  await drained;
  t.match(snapshots.stored.get('probe/a/1'), { version: 2, state: ['ask', 'outcome'] });
  t.equal(directory.counts().live, 0);
  t.equal(await codeOf(working), 'unavailable', 'nobody is left to answer');
});

t.test('drain ends at its deadline, whatever hangs', async (t) => {
  const { directory, clock, ask } = setUp();
  const hanging = codeOf(
    ask('a/1', {
      run: (_state, self) => {
        self.effect(
          () => new Promise(() => {}),
          () => ({ type: 'never' }),
        );
        return undefined;
      },
    }),
  );
  await until(() => directory.inspect('probe', 'a/1')?.effects === 1);
  const drained = directory.drain(clock.monotonic() + 200);
  await clock.advance(200);
  await drained;
  t.equal(await hanging, 'unavailable');
});
