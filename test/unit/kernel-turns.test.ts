/** Turns by nact: one message leads many, and nobody waits for ever. */
import t from 'tap';
import { nactTurns } from '../../actors/kernel/nact.ts';
import type { TurnRef } from '../../actors/kernel/turns.ts';

/** Actors that say their number when they have a turn, and may do something in it. */
function world(count: number) {
  const turns = nactTurns();
  t.teardown(() => turns.close());
  const order: number[] = [];
  const inTurn = new Map<number, () => void>();
  let reached = (): void => {};
  const refs: TurnRef[] = Array.from({ length: count }, (_, n) =>
    turns.spawn({
      turn() {
        order.push(n);
        inTurn.get(n)?.();
        reached();
      },
    }),
  );
  const until = (length: number): Promise<void> =>
    new Promise((resolve) => {
      reached = () => {
        if (order.length >= length) resolve();
      };
      reached();
    });
  return { turns, refs, order, inTurn, until };
}

t.test('everybody woken has one turn, in order, and never within the waking', async (t) => {
  const { turns, refs, order, until } = world(200);
  for (const ref of refs) turns.wake(ref);
  t.same(order, []);
  await until(200);
  t.same(
    order,
    refs.map((_, n) => n),
  );
  turns.wake(refs[7]!);
  await until(201);
  t.equal(order.at(-1), 7);
});

t.test('who is woken in a turn has a later one', async (t) => {
  const { turns, refs, order, inTurn, until } = world(3);
  inTurn.set(0, () => {
    if (order.length < 4) turns.wake(refs[0]!);
  });
  for (const ref of refs) turns.wake(ref);
  await until(4);
  t.same(order, [0, 1, 2, 0]);
});

t.test('those behind a leader that is stopped are not forgotten', async (t) => {
  const { turns, refs, order, until } = world(3);
  for (const ref of refs) turns.wake(ref);
  turns.stop(refs[0]!);
  turns.stop(refs[1]!);
  turns.wake(refs[0]!);
  await until(1);
  t.same(order, [2]);
  turns.wake(refs[2]!);
  await until(2);
});

t.test('an actor may stop itself or another in its turn', async (t) => {
  const { turns, refs, order, inTurn, until } = world(4);
  inTurn.set(0, () => {
    turns.stop(refs[0]!);
    turns.stop(refs[2]!);
  });
  for (const ref of refs) turns.wake(ref);
  await until(3);
  t.same(order, [0, 1, 3]);
});
