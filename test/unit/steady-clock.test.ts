import fc from 'fast-check';
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { TokenBuckets } from '../../engine/rate.ts';
import { afterFailure, lockedForMs } from '../../engine/secrets/attempts.ts';
import { SteadyClock } from '../../engine/steady-clock.ts';

const HOUR = 3_600_000;

/** A machine whose time of day can be set while time passes. */
function machine() {
  let wall = 1_700_000_000_000;
  let passed = 0;
  return {
    now: () => Math.floor(wall),
    monotonic: () => passed,
    after: () => () => {},
    pass(ms: number) {
      wall += ms;
      passed += ms;
    },
    set(byMs: number) {
      wall += byMs;
    },
  };
}

t.test('a clock that runs is followed to the millisecond', async (t) => {
  const real = machine();
  const clock = new SteadyClock(real);
  for (const ms of [0, 0.25, 0.5, 1, 999.75, HOUR]) {
    real.pass(ms);
    t.equal(clock.now(), real.now());
  }
  t.equal(clock.aheadMs(), 0);
});

t.test('set forward it is followed at once: what ran out meanwhile is over', async (t) => {
  const real = machine();
  const clock = new SteadyClock(real);
  t.equal(clock.isSettled(), true);
  real.set(8 * HOUR);
  t.equal(clock.now(), real.now());
  t.equal(clock.isSettled(), false, 'nothing is erased by it yet');
  real.pass(limits.clock_leap_believed_ms);
  t.equal(clock.isSettled(), true);
  real.set(-8 * HOUR);
  t.equal(clock.aheadMs(), 8 * HOUR, 'and now it stands');
});

t.test('a mistake that is put right in time is as if it had not been', async (t) => {
  const real = machine();
  const clock = new SteadyClock(real);
  const before = clock.now();
  real.set(3_650 * 24 * HOUR);
  t.equal(clock.now(), real.now());
  real.pass(HOUR / 2);
  t.equal(clock.isSettled(), false);
  real.set(-3_650 * 24 * HOUR);
  t.equal(clock.now(), before + HOUR / 2);
  t.equal(clock.isSettled(), true);
  real.set(-HOUR);
  t.equal(clock.now(), before + HOUR / 2, 'and it does not go back behind that');
});

t.test('set back, what was over stays over, and what lives ends a ninth later at most', async (t) => {
  const real = machine();
  const clock = new SteadyClock(real);
  const expiresAt = clock.now() + 300_000;
  real.pass(300_000);
  t.ok(clock.now() >= expiresAt);
  real.set(-HOUR);
  t.ok(clock.now() >= expiresAt, 'an expired one does not come back');
  t.equal(clock.aheadMs(), HOUR);

  const next = clock.now() + 300_000;
  real.pass(299_999);
  t.ok(clock.now() < next, 'a new one is not cut short');
  real.pass(300_000 / 9 + 2);
  t.ok(clock.now() >= next, 'and does not live on for the hour');
  real.pass(10 * HOUR);
  t.equal(clock.now(), real.now(), 'the machine has caught up');
  t.equal(clock.aheadMs(), 0);
});

t.test(
  'never back once it is settled, never slower than its pace, never ahead of what the machine once said',
  async (t) => {
    const steps = fc.array(
      fc.record({
        passMs: fc.integer({ min: 0, max: 10 * HOUR }),
        setMs: fc.integer({ min: -9 * HOUR, max: 9 * HOUR }),
      }),
      { maxLength: 40 },
    );
    const holds = fc.property(steps, (all) => {
      const real = machine();
      const clock = new SteadyClock(real);
      let latest = real.now();
      for (const { passMs, setMs } of all) {
        const before = clock.now();
        const settled = clock.isSettled();
        real.pass(passMs);
        latest += passMs;
        real.set(setMs);
        latest = Math.max(latest, real.now());
        const now = clock.now();
        if (settled && now < before + Math.floor(passMs * limits.clock_slew_pace) - 1) return false;
        if (now < real.now() || now > latest) return false;
      }
      return true;
    });
    t.doesNotThrow(() => fc.assert(holds));
  },
);

t.test('a lock holds its time, whichever way the machine is set', async (t) => {
  const real = machine();
  const clock = new SteadyClock(real);
  let record = null;
  for (let tries = 0; tries < limits.login_failures_max; tries += 1) {
    record = afterFailure('somebody', record, clock.now());
  }
  t.equal(lockedForMs(record, clock.now()), limits.login_lock_ms);
  real.set(-24 * HOUR);
  t.equal(lockedForMs(record, clock.now()), limits.login_lock_ms, 'not a day longer');
  real.pass((limits.login_lock_ms * 10) / 9 + 1);
  t.equal(lockedForMs(record, clock.now()), 0);
});

t.test('rate limits look at the clock that never jumps', async (t) => {
  const real = machine();
  const buckets = new TokenBuckets();
  const take = () => buckets.take('somebody', real.monotonic(), 1, 2).ok;
  t.same([take(), take(), take()], [true, true, false]);
  real.set(24 * HOUR);
  t.equal(take(), false, 'a day set forward fills no bucket');
  real.set(-48 * HOUR);
  real.pass(1_000);
  t.equal(take(), true, 'a day set back empties none');
});
