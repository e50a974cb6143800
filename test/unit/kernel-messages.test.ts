import t from 'tap';
import { ThenarError } from '../../engine/errors.ts';
import { codeOf, deferred, type Probe, probe, setUp, until } from '../support/actors.ts';

t.test('messages are handled in order, a bounded batch a turn', async (t) => {
  const { directory, ask } = setUp({}, { mailbox_batch_max: 3 });
  const order: string[] = [];
  const message = (type: string): Probe => ({
    type,
    run: () => {
      order.push(type);
      return undefined;
    },
  });
  await ask('a/hot');
  await ask('a/other');
  for (let i = 0; i < 7; i += 1) directory.tell(probe, 'a/hot', message(`hot${i}`));
  directory.tell(probe, 'a/other', message('other'));
  await until(() => order.length === 8);
  t.same(
    order.filter((type) => type !== 'other'),
    ['hot0', 'hot1', 'hot2', 'hot3', 'hot4', 'hot5', 'hot6'],
  );
  t.equal(order.indexOf('other'), 3, 'the other actor had its turn after the first batch');
});

t.test('a full mailbox answers busy to askers and counts tells as dead letters', async (t) => {
  const { directory, ask } = setUp({ mailboxDepthMax: 2 });
  await ask('a/1');
  directory.tell(probe, 'a/1', { type: 'one' });
  directory.tell(probe, 'a/1', { type: 'two' });
  directory.tell(probe, 'a/1', { type: 'three' });
  t.equal(await codeOf(ask('a/1')), 'engine_busy');
  const { total, recent } = directory.deadLetters();
  t.equal(total, 1);
  t.match(recent[0], { kind: 'probe', key: 'a/1', message: 'three', reason: 'mailbox_full' });
  await until(() => directory.inspect('probe', 'a/1')?.mailboxDepth === 0);
  t.equal(await ask('a/1'), 4, 'what was taken was handled');
});

t.test('a reply that a refused tell carries is failed', async (t) => {
  const { directory, ask } = setUp({ mailboxDepthMax: 1 });
  await ask('a/1');
  const refused: unknown[] = [];
  const reply = { ok: () => refused.push('ok'), fail: (error: unknown) => refused.push(error) };
  directory.tell(probe, 'a/1', { type: 'one' });
  directory.tell(probe, 'a/1', { type: 'two', reply });
  t.match(refused, [{ code: 'engine_busy' }]);
});

t.test('a reply counts once', async (t) => {
  const { ask } = setUp({
    receive(state, message) {
      message.reply?.ok('first');
      message.reply?.ok('second');
      message.reply?.fail(new Error('third'));
      return state;
    },
  });
  t.equal(await ask('a/1'), 'first');
});

t.test('an ask whose deadline passes fails, and its message is skipped', async (t) => {
  const gate = deferred<{ version: number; seen: string[] }>();
  const { directory, clock, ask } = setUp({ load: () => gate.promise });
  const late = codeOf(ask('a/1', { type: 'late' }, 20));
  const patient = ask('a/1', { type: 'patient' }, 1_000);
  await clock.advance(30);
  t.equal(await late, 'deadline_exceeded');
  gate.resolve({ version: 0, seen: [] });
  t.equal(await patient, 1, 'only the message with time left was handled');
  t.equal(directory.counts().skipped, 1);
  t.equal(await codeOf(ask('a/1', {}, 0)), 'deadline_exceeded', 'a deadline in the past is not even sent');
});

t.test('a reply kept in the state can be given later, and is failed at its deadline', async (t) => {
  const kept: NonNullable<Probe['reply']>[] = [];
  const { directory, clock, ask } = setUp({
    receive(state, message) {
      kept.push(message.reply!);
      return state;
    },
  });
  const first = ask('a/1', {}, 1_000);
  const second = codeOf(ask('a/1', {}, 50));
  await until(() => kept.length === 2);
  t.equal(directory.inspect('probe', 'a/1')?.waiting, 2);
  await clock.advance(60);
  t.equal(await second, 'deadline_exceeded');
  t.equal(directory.inspect('probe', 'a/1')?.waiting, 1);
  kept[0]?.ok('at last');
  t.equal(await first, 'at last');
  t.equal(directory.inspect('probe', 'a/1')?.waiting, 0);
});

t.test('what a behaviour fails a reply with reaches the asker as its code', async (t) => {
  const { ask } = setUp({
    receive(state, message) {
      message.reply?.fail(message.type === 'known' ? new ThenarError('conflict', 'no') : new Error('secret'));
      return state;
    },
  });
  t.equal(await codeOf(ask('a/1', { type: 'known' })), 'conflict');
  const unexpected = await ask('a/1').catch((error: Error) => error);
  t.match(unexpected, { code: 'internal' });
  t.notMatch((unexpected as Error).message, /secret/);
});

t.test(
  'an effect comes back as a message, even to a full mailbox, and its failure is an outcome',
  async (t) => {
    const gate = deferred<string>();
    const { directory, ask } = setUp({ mailboxDepthMax: 1 });
    const outcomes: unknown[] = [];
    const start = (work: () => Promise<string>): Probe => ({
      type: 'start',
      run: (_state, self) => {
        self.effect(work, (outcome) => {
          outcomes.push(outcome);
          return { type: outcome.ok ? 'worked' : 'failed' };
        });
        return undefined;
      },
    });
    await ask('a/1');
    directory.tell(
      probe,
      'a/1',
      start(() => gate.promise),
    );
    await until(() => directory.inspect('probe', 'a/1')?.effects === 1);
    directory.tell(probe, 'a/1', { type: 'filler' });
    gate.resolve('done');
    await until(() => outcomes.length === 1);
    t.same(outcomes, [{ ok: true, value: 'done' }]);
    await until(() => directory.inspect('probe', 'a/1')?.mailboxDepth === 0);
    directory.tell(
      probe,
      'a/1',
      start(() => {
        throw new Error('thrown before it began');
      }),
    );
    await until(() => outcomes.length === 2);
    t.match(outcomes[1], { ok: false, error: { message: 'thrown before it began' } });
    t.equal(directory.inspect('probe', 'a/1')?.failed, 0);
  },
);

t.test('effects of one actor are bounded', async (t) => {
  const { directory, ask } = setUp({}, { actor_effects_max: 1 });
  const outcomes: unknown[] = [];
  let started = 0;
  directory.tell(probe, 'a/1', {
    type: 'start',
    run: (_state, self) => {
      for (let i = 0; i < 2; i += 1) {
        self.effect(
          async () => {
            started += 1;
            await new Promise(() => {});
          },
          (outcome) => {
            outcomes.push(outcome);
            return { type: 'outcome' };
          },
        );
      }
      return undefined;
    },
  });
  await ask('a/1');
  await until(() => outcomes.length === 1);
  t.match(outcomes, [{ ok: false, error: { code: 'engine_busy' } }]);
  t.equal(started, 1);
});

t.test('a timer has a name: setting it again replaces it, cancelling it stops it', async (t) => {
  const { directory, clock, ask } = setUp();
  const run: Probe['run'] = (_state, self) => {
    self.timer('a', 10, { type: 'early' });
    self.timer('a', 30, { type: 'replaced' });
    self.timer('b', 20, { type: 'cancelled' });
    self.cancelTimer('b');
    return undefined;
  };
  directory.tell(probe, 'a/1', { type: 'arm', run });
  await ask('a/1');
  await clock.advance(25);
  t.equal(directory.inspect('probe', 'a/1')?.handled, 2);
  await clock.advance(10);
  await until(() => directory.inspect('probe', 'a/1')?.handled === 3);
  t.equal(directory.inspect('probe', 'a/1')?.lastMessage, 'replaced');
});
