/** The queue of a tenant's palm changes: what may run together, in which order, and what each is told of the others. */
import t from 'tap';
import type { Context } from '../../actors/context.ts';
import { type Admission, besideOthers, inLane, laneBehaviour } from '../../actors/enrolment/lane.ts';
import type { PalmRecord } from '../../engine/records.ts';
import { deferred, setUp, until } from '../support/actors.ts';

function lane() {
  const { directory, clock } = setUp();
  const world = { head: 7, reads: 0 };
  const store = {
    get: async () => {
      world.reads += 1;
      return { palmPosition: world.head };
    },
  };
  const context = { directory, clock, store } as unknown as Context;
  directory.register(laneBehaviour(context));
  const admitted: string[] = [];
  const enrol = (userId: string) => {
    const commit = deferred<number>();
    const seen: Admission[] = [];
    const first = { userId, templates: [] };
    const answer = besideOthers(context, 't1', first, clock.monotonic() + 1_000, async (admission) => {
      admitted.push(userId);
      seen.push(admission);
      const position = await commit.promise;
      return { value: [{ userId } as PalmRecord], position };
    });
    answer.catch(() => {});
    return { commit, answer, admission: () => seen[0] };
  };
  const alone = (name: string) => {
    const done = deferred<null>();
    const positions: number[] = [];
    const answer = inLane(context, 't1', name, clock.monotonic() + 1_000, async (position) => {
      admitted.push(name);
      positions.push(position);
      return { value: await done.promise, position: null };
    });
    return { done, answer, positions };
  };
  return { enrol, alone, admitted, world };
}

t.test('first enrolments run together, and each knows those before it that have not ended', async (t) => {
  const { enrol, admitted } = lane();
  const [a, b, c] = [enrol('a'), enrol('b'), enrol('c')];
  await until(() => admitted.length === 3);
  const before = (of: typeof a) => of.admission()!.earlier.map(({ userId }) => userId);
  t.same([before(a), before(b), before(c)], [[], ['a'], ['a', 'b']]);
  const told = c.admission()!.earlier.map(({ ended }) => ended);
  a.commit.resolve(9);
  b.commit.reject(new Error('lost'));
  t.same(await Promise.all(told), [[{ userId: 'a' }], null], 'a failure is nobody’s palm');
  await a.answer;
  await t.rejects(b.answer);
  const d = enrol('d');
  await until(() => admitted.length === 4);
  t.same(before(d), ['c'], 'who has ended is in the log');
  for (const one of [c, d]) one.commit.resolve(11);
  await Promise.all([c.answer, d.answer]);
});

t.test('the position covers every commit that may have taken effect', async (t) => {
  const { enrol, alone, admitted, world } = lane();
  const a = enrol('a');
  await until(() => admitted.length === 1);
  t.equal(a.admission()!.position, 7, 'read from the log at first');
  const b = enrol('b');
  await until(() => admitted.length === 2);
  b.commit.resolve(9);
  await b.answer;
  a.commit.resolve(8);
  await a.answer;
  const c = enrol('c');
  const d = enrol('d');
  await until(() => admitted.length === 4);
  t.equal(c.admission()!.position, 9, 'commits end in any order');
  const { reads } = world;
  c.commit.reject(new Error('nobody knows'));
  await c.answer.catch(() => {});
  // The failed commit took effect behind the one that ends next.
  world.head = 11;
  d.commit.resolve(10);
  await d.answer;
  const e = alone('erase');
  await until(() => admitted.length === 5);
  t.same([e.positions, world.reads], [[11], reads + 1], 'it was read again');
  e.done.resolve(null);
  await e.answer;
});

t.test(
  'a job that takes palms away runs alone, one user’s enrolments follow each other, nobody is overtaken',
  async (t) => {
    const { enrol, alone, admitted } = lane();
    const a = enrol('a');
    const again = enrol('a');
    const b = enrol('b');
    await until(() => admitted.length === 1);
    a.commit.resolve(1);
    await until(() => admitted.length === 3);
    const erase = alone('erase');
    const c = enrol('c');
    for (const one of [again, b]) one.commit.resolve(2);
    await until(() => admitted.length === 4);
    t.same(admitted, ['a', 'a', 'b', 'erase']);
    erase.done.resolve(null);
    await until(() => admitted.length === 5);
    c.commit.resolve(3);
    await Promise.all([again.answer, b.answer, erase.answer, c.answer]);
  },
);
