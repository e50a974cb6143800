/** Wrong guesses over one allowance: how many get through at once, over time, and over a restart. */
import t from 'tap';
import { Guesses } from '../../actors/commands/guesses.ts';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Commit, Store } from '../../engine/ports.ts';
import type { AttemptRecord } from '../../engine/records.ts';
import type { Allowance } from '../../engine/secrets/attempts.ts';
import { deferred, until } from '../support/actors.ts';
import { VirtualClock } from '../support/clock.ts';

const allowance: Allowance = { target: 'door', max: 5, windowMs: 60_000 };
const other: Allowance = { target: 'house', max: 8, windowMs: 60_000 };

/** The rows of wrong guesses, which outlive every `Guesses`. */
class World {
  readonly clock = new VirtualClock();
  readonly rows = new Map<string, AttemptRecord>();
  readonly commits: Commit[] = [];
  failing = false;
  readonly store = {
    get: async (_table: string, { target }: { readonly target: string }) => this.rows.get(target) ?? null,
    commit: async (commit: Commit) => {
      if (this.failing) throw new ThenarError('unavailable', 'The database is away.');
      this.commits.push(commit);
      for (const write of commit.writes) {
        if ('upsert' in write && write.upsert === 'attempts') this.rows.set(write.row.target, write.row);
      }
    },
  } as unknown as Store;
  guesses = new Guesses(this);

  /** As an engine that was killed and started again. */
  restart(): void {
    this.guesses = new Guesses(this);
  }

  /** `wrong` and `right` as they were answered, or the code of the refusal. */
  async guess(right = false, allowances: readonly Allowance[] = [allowance]): Promise<string> {
    try {
      const found = await this.guesses.guess(allowances, async () => (right ? 'right' : null));
      return found ?? 'wrong';
    } catch (error) {
      if (error instanceof ThenarError) return error.code;
      throw error;
    }
  }

  async many(count: number, right = false): Promise<Readonly<Record<string, number>>> {
    const said = await Promise.all(Array.from({ length: count }, () => this.guess(right)));
    const counts: Record<string, number> = {};
    for (const each of said) counts[each] = (counts[each] ?? 0) + 1;
    return counts;
  }
}

t.test('a hundred at once get no more tries than the allowance', async (t) => {
  const world = new World();
  t.same(await world.many(100), { wrong: 5, rate_limited: 95 });
  t.equal(await world.guess(true), 'rate_limited', 'the right one neither');
  t.equal(world.rows.get('door')?.failures, 5);
  const audits = world.commits.flatMap(({ audit = [] }) => audit);
  t.match(audits, [{ eventType: 'guesses_stopped', severity: 'warning', details: { target: 'door' } }]);
  t.equal(audits.length, 1, 'the log is told once');
});

t.test('a restart gives nobody new tries', async (t) => {
  const world = new World();
  for (let guess = 1; guess <= 5; guess += 1) {
    t.equal(await world.guess(), 'wrong');
    world.restart();
  }
  t.same(await world.many(10), { rate_limited: 10 });
  await world.clock.advance(allowance.windowMs);
  t.equal(await world.guess(), 'wrong', 'another window has another allowance');
  t.equal(world.rows.get('door')?.failures, 1);
});

t.test('right ones cost nothing, however many come at once', async (t) => {
  const world = new World();
  t.same(await world.many(100, true), { right: 100 });
  t.same(world.commits, []);
  const between = await Promise.all([world.many(4), world.many(50, true)]);
  t.same(between, [{ wrong: 4 }, { right: 50 }]);
});

t.test('each of several allowances must have room', async (t) => {
  const world = new World();
  const both = [allowance, other];
  for (let guess = 0; guess < 5; guess += 1) t.equal(await world.guess(false, both), 'wrong');
  t.equal(await world.guess(false, both), 'rate_limited');
  t.equal(world.rows.get('house')?.failures, 5, 'one refused is counted nowhere');
  t.equal(await world.guess(false, [other]), 'wrong');
});

t.test('one that is answered was committed, and one that could not be is still counted', async (t) => {
  const world = new World();
  world.failing = true;
  for (let guess = 0; guess < 5; guess += 1) t.equal(await world.guess(), 'unavailable');
  world.failing = false;
  t.equal(await world.guess(), 'rate_limited');
  t.equal(world.rows.size, 0);
});

t.test('what fails otherwise is held against nobody, and lets those who wait go on', async (t) => {
  const world = new World();
  const held = Array.from({ length: 5 }, () => deferred<null>());
  const failing = held.map(({ promise }) =>
    world.guesses.guess([allowance], () => promise).catch(() => 'failed'),
  );
  await until(() => true);
  const waiting = world.many(3);
  for (const { reject } of held) reject(new Error('nothing to do with the secret'));
  t.same(await Promise.all(failing), Array(5).fill('failed'));
  t.same(await waiting, { wrong: 3 });
});

t.test('no more wait than may', async (t) => {
  const world = new World();
  const held = Array.from({ length: 5 }, () => deferred<null>());
  const looking = held.map(({ promise }) => world.guesses.guess([allowance], () => promise));
  const waiting = world.many(limits.guesses_waiting_max + 3);
  await until(() => true);
  for (const { resolve } of held) resolve(null);
  await Promise.all(looking);
  t.same(await waiting, { engine_busy: 3, rate_limited: limits.guesses_waiting_max });
});

t.test('a clock that is set back does not make the window longer', async (t) => {
  const world = new World();
  const later = new VirtualClock(world.clock.now() + 3_600_000);
  world.guesses = new Guesses({ clock: later, store: world.store });
  t.equal(await world.guess(), 'wrong');
  world.restart();
  t.same(await world.many(10), { wrong: 4, rate_limited: 6 });
  await world.clock.advance(allowance.windowMs);
  t.equal(await world.guess(), 'wrong');
});

t.test('the time to wait is the rest of the window', async (t) => {
  const world = new World();
  await world.guess();
  await world.clock.advance(20_000);
  await world.many(4);
  await t.rejects(
    world.guesses.guess([allowance], async () => null),
    { code: 'rate_limited', retryAfterMs: 40_000 },
  );
});
