import t from 'tap';
import { kernelLimits } from '../../actors/kernel/context.ts';
import { supervise } from '../../actors/kernel/supervision.ts';
import { ThenarError } from '../../engine/errors.ts';
import { codeOf, deferred, type Probe, probe, setUp, until } from '../support/actors.ts';

const boom = (error: unknown = new Error('boom')): Pick<Probe, 'type' | 'run'> => ({
  type: 'boom',
  run: () => {
    throw error;
  },
});

t.test('a throwing handler answers its asker with a code', async (t) => {
  const { ask, logged } = setUp();
  t.equal(await codeOf(ask('a/1', boom())), 'internal');
  t.equal(await codeOf(ask('a/2', boom(new ThenarError('conflict', 'no')))), 'conflict');
  t.ok(logged.every((line) => line === 'error: an actor failed'));
  t.equal(logged.length, 2);
});

t.test('the mailbox survives a restart, which loads again after the back-off', async (t) => {
  let loads = 0;
  const { directory, clock, ask } = setUp(
    {
      load: async () => {
        loads += 1;
        return { version: loads * 100, seen: [`load${loads}`] };
      },
    },
    { actor_restart_backoff_ms: 100 },
  );
  const failed = codeOf(ask('a/1', boom()));
  const behind = ask('a/1');
  t.equal(await failed, 'internal');
  t.match(directory.inspect('probe', 'a/1'), {
    phase: 'backing_off',
    mailboxDepth: 1,
    failed: 1,
    restarts: 1,
  });
  await clock.advance(49);
  t.equal(loads, 1, 'at least half of the back-off is waited for');
  await clock.advance(51);
  t.equal(await behind, 2, 'handled by the second incarnation, whose state was loaded');
  t.equal(loads, 2);
});

t.test('a handler that throws starts none of the effects it asked for', async (t) => {
  let started = 0;
  const { ask } = setUp();
  const answer = ask('a/1', {
    run: (_state, self) => {
      self.effect(
        async () => {
          started += 1;
        },
        () => ({ type: 'done' }),
      );
      throw new Error('boom');
    },
  });
  t.equal(await codeOf(answer), 'internal');
  t.equal(started, 0);
});

t.test(
  'a restart waits for effects of the lost state, fails the replies it kept, drops their outcomes',
  async (t) => {
    const gate = deferred<string>();
    let loads = 0;
    const { directory, clock, ask } = setUp({
      load: async () => {
        loads += 1;
        return { version: 0, seen: [] };
      },
    });
    const kept = codeOf(
      ask('a/1', {
        run: (_state, self) => {
          self.effect(
            () => gate.promise,
            () => ({ type: 'outcome' }),
          );
          return undefined;
        },
      }),
    );
    await codeOf(ask('a/1', boom()));
    t.equal(await kept, 'unavailable');
    await clock.advance(1_000);
    t.equal(loads, 1, 'the effect may still commit, so nothing is loaded yet');
    gate.resolve('committed');
    await until(() => loads === 2);
    t.equal(await ask('a/1'), 1, 'the outcome was not given to the new incarnation');
    t.equal(directory.counts().effects_dropped, 1);
  },
);

t.test('a restart does not wait for ever for an effect that hangs', async (t) => {
  const { clock, ask } = setUp({}, { actor_effect_settle_ms: 500 });
  void codeOf(
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
  await codeOf(ask('a/1', boom()));
  const behind = ask('a/1', {}, 10_000);
  await clock.advance(1_000);
  t.equal(await behind, 1);
});

t.test('timers of a lost state do not fire', async (t) => {
  const { directory, clock, ask } = setUp();
  await codeOf(
    ask('a/1', {
      run: (_state, self) => {
        self.timer('ring', 200, { type: 'ring' });
        throw new Error('boom');
      },
    }),
  );
  await clock.advance(1_000);
  t.equal(await ask('a/1'), 1);
  t.equal(directory.counts().dead_letters, 0);
});

t.test(
  'too many crashes in the window: the key is refused for the back-off, then starts afresh',
  async (t) => {
    const { directory, clock, ask } = setUp({}, { actor_restarts_max: 2, actor_restart_backoff_max_ms: 400 });
    for (let i = 0; i < 3; i += 1) {
      t.equal(await codeOf(ask('a/1', boom())), 'internal');
      if (i < 2) await clock.advance(200);
    }
    const refused = await ask('a/1').catch((error: ThenarError) => error);
    t.match(refused, { code: 'unavailable', retryAfterMs: 400 });
    directory.tell(probe, 'a/1', { type: 'told' });
    t.match(directory.deadLetters().recent, [{ message: 'told', reason: 'backing_off' }]);
    t.equal(directory.counts().escalations, 1);
    await clock.advance(400);
    t.equal(await ask('a/1'), 1);
  },
);

t.test('escalation answers whoever still waits', async (t) => {
  const { ask } = setUp({}, { actor_restarts_max: 0 });
  const failed = codeOf(ask('a/1', boom()));
  const behind = codeOf(ask('a/1'));
  t.equal(await failed, 'internal');
  t.equal(await behind, 'unavailable');
});

t.test('stopped is called once for every state that was in memory', async (t) => {
  const stopped: number[] = [];
  const { directory, clock, ask } = setUp({ stopped: (state) => stopped.push(state.seen.length) });
  await ask('a/1');
  await codeOf(ask('a/1', boom()));
  t.same(stopped, [1]);
  await clock.advance(1_000);
  await ask('a/1');
  const drained = directory.drain(clock.monotonic() + 1_000);
  await clock.advance(100);
  await drained;
  t.same(stopped, [1, 1]);
});

t.test('the back-off doubles, is bounded, and forgets what left the window', async (t) => {
  const bounds = kernelLimits({
    actor_restarts_max: 5,
    actor_restart_window_ms: 1_000,
    actor_restart_backoff_ms: 100,
    actor_restart_backoff_max_ms: 300,
  });
  const wait = (crashes: number[], now: number, fraction = 1): unknown =>
    supervise(crashes, now, fraction, bounds);
  t.match(wait([], 0), { restart: true, afterMs: 100, crashes: [0] });
  t.match(wait([0], 10), { restart: true, afterMs: 200 });
  t.match(wait([0, 1], 10), { restart: true, afterMs: 300 });
  t.match(wait([0, 1], 10, 0), { restart: true, afterMs: 150 }, 'jitter takes at most half away');
  t.match(wait([0, 1, 2, 3, 4], 10), { restart: false, refuseMs: 300 });
  t.match(wait([0, 1, 2, 3, 900], 1_100), { restart: true, afterMs: 200, crashes: [900, 1_100] });
});
