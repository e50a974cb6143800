import t from 'tap';
import { Admission, type Entry } from '../../engine/admission/admission.ts';
import { CallLimit } from '../../engine/admission/limit.ts';
import { limits } from '../../engine/limits.ts';
import { VirtualClock } from '../support/clock.ts';
import { SeededRandom } from '../support/random.ts';

const { calls_under_way_min: least, calls_under_way_usual: usual, calls_under_way_max: most } = limits;
const { calls_waiting_max: line, call_wait_ms: patience, call_wait_pressed_ms: short } = limits;
const look = limits.call_limit_look_ms;

/** A door whose limit and clock the test moves. */
function stage(value = 2) {
  const clock = new VirtualClock();
  const limit = {
    value,
    pressedValue: value,
    called: () => {},
    door: { waits: () => false, pressed: () => false, pressedWaits: () => false, risen: () => {} },
  };
  const pressure: string[] = [];
  const admission = new Admission(clock, limit, (name, begins) => pressure.push(`${name} ${begins}`));
  /** What calls that waited were told, in order: `a2 in`. */
  const told: string[] = [];
  let number = 0;
  const enter = (tenant: string): Entry => {
    number += 1;
    const name = `${tenant}${number}`;
    return admission.enter(tenant, (letIn) => told.push(`${name} ${letIn ? 'in' : 'refused'}`));
  };
  const many = (tenant: string, times: number) => Array.from({ length: times }, () => enter(tenant));
  return { clock, limit, admission, told, enter, many, pressure };
}

t.test('so many go on at once, the others wait and come in order', async (t) => {
  const { admission, told, enter } = stage();
  t.same(['a', 'a', 'a', 'a'].map(enter), ['in', 'in', 'waits', 'waits']);
  t.same(admission.counts, { underWay: 2, waiting: 2, limit: 2, pressedLimit: 2, refused: 0 });
  admission.leave('a');
  admission.leave('a');
  t.same(told, ['a3 in', 'a4 in']);
  t.equal(enter('a'), 'waits', 'they are under way now');
});

t.test('a burst after a pause is done, however long it takes', async (t) => {
  const { clock, admission, told, many } = stage();
  many('a', 2 + line);
  for (let done = 0; done < 2 + line; done += 1) {
    await clock.advance(patience / (line + 1));
    admission.leave('a');
  }
  t.equal(told.filter((one) => one.endsWith(' in')).length, line);
  t.same(admission.counts, { underWay: 0, waiting: 0, limit: 2, pressedLimit: 2, refused: 0 });
});

t.test('who waits for longer than callers do is refused', async (t) => {
  const { clock, told, many } = stage();
  many('a', 3);
  await clock.advance(patience - 1);
  t.same(told, []);
  await clock.advance(short + 1);
  t.same(told, ['a3 refused']);
});

t.test(
  'beyond a full line the newest is refused, and from then on the line is short and the newest is next',
  async (t) => {
    const { clock, admission, told, many, enter, pressure } = stage();
    many('a', 2 + line);
    t.equal(enter('a'), 'refused');
    t.same(pressure, ['a true']);
    await clock.advance(2 * short);
    t.equal(told.length, line, 'those who waited are told soon');
    t.ok(told.every((one) => one.endsWith(' refused')));
    told.length = 0;
    t.same([enter('a'), enter('a')], ['waits', 'waits']);
    admission.leave('a');
    t.same(told, [`a${line + 5} in`]);
    await clock.advance(limits.call_pressed_memory_ms + 3 * short);
    t.same(pressure, ['a true', 'a false'], 'until it has been over for a while');
    t.equal(admission.counts.underWay, 2);
  },
);

t.test('the first call of a tenant does not wait for others', async (t) => {
  const { enter, many } = stage();
  many('flood', 2 + line);
  t.equal(enter('quiet'), 'in');
  t.equal(enter('quiet'), 'waits', 'its second does');
  t.same(['c', 'd', 'e'].map(enter), ['in', 'in', 'waits'], 'until it is all of them that call');
});

t.test('whoever comes to a full line takes the place of the tenant with the longest', async (t) => {
  const { admission, enter, many, told, pressure } = stage(4);
  many('flood', 4 + line);
  enter('quiet');
  t.equal(enter('quiet'), 'waits');
  t.same(told, ['flood5 refused']);
  t.same(pressure, ['flood true'], 'the quiet one is under no pressure');
  admission.leave('flood');
  admission.leave('flood');
  t.match(told[1], /^quiet/, 'the next is of the tenant with fewer under way');
});

/** A flood that has been refused, with no call under way any more. */
async function flooded() {
  const all = stage();
  all.many('flood', 3 + line);
  await all.clock.advance(2 * short);
  all.told.length = 0;
  all.admission.leave('flood');
  all.admission.leave('flood');
  return all;
}

t.test('beside others who floods has one call at a time, and then a rest', async (t) => {
  const { clock, admission, enter, told } = await flooded();
  t.equal(enter('quiet'), 'in');
  t.equal(enter('flood'), 'in');
  const took = 4;
  await clock.advance(took);
  admission.leave('flood');
  const rest = took * (1 / limits.calls_pressed_share - 1);
  await clock.advance(rest - 2);
  t.equal(enter('flood'), 'waits');
  await clock.advance(1);
  t.same(told, []);
  await clock.advance(1);
  t.equal(told.length, 1);
  t.match(told[0], /^flood.* in$/);
});

t.test('a call of a flood that waits for somebody outside does not hold up the next', async (t) => {
  const { clock, enter } = await flooded();
  enter('quiet');
  t.equal(enter('flood'), 'in');
  await clock.advance(limits.call_rest_ms_max - short);
  t.equal(enter('flood'), 'waits');
  await clock.advance(2 * short);
  t.equal(enter('flood'), 'waits', 'the one before has just begun');
});

t.test('who floods gives way to nobody when nobody else calls', async (t) => {
  const { clock, admission, many, enter } = await flooded();
  t.same(many('flood', 3), ['in', 'in', 'waits']);
  await clock.advance(2 * short);
  enter('quiet');
  admission.leave('quiet');
  await clock.advance(limits.call_others_memory_ms);
  admission.leave('flood');
  admission.leave('flood');
  await clock.advance(limits.call_rest_ms_max);
  t.same(many('flood', 2), ['in', 'in']);
});

t.test('what a flood has under way is not counted against others', async (t) => {
  const { many } = stage();
  many('flood', 3 + line);
  t.same(many('quiet', 3), ['in', 'in', 'waits']);
});

t.test('a tenant whose calls wait for somebody outside keeps no other out', async (t) => {
  const { limit, many, enter } = stage(100);
  many('waits outside', 100);
  limit.value = 2;
  t.equal(enter('other'), 'in');
});

t.test('a limit that rises lets in those who wait', async (t) => {
  const { limit, many, told } = stage();
  many('a', 4);
  limit.value = 3;
  limit.door.risen();
  t.same(told, ['a3 in']);
});

t.test('whoever floods, gives way and is quiet again, nothing is counted that is not there', async (t) => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = new SeededRandom(seed);
    const { clock, limit, admission, told } = stage();
    const underWay: string[] = [];
    const come = (tenant: string): void => {
      const entry = admission.enter(tenant, (letIn) => {
        told.push(tenant);
        if (letIn) underWay.push(tenant);
      });
      if (entry === 'in') underWay.push(tenant);
    };
    const go = (): void => {
      const [tenant] = underWay.splice(Math.floor(random.fraction() * underWay.length), 1);
      if (tenant !== undefined) admission.leave(tenant);
    };
    for (let step = 0; step < 200; step += 1) {
      const tenant = ['a', 'b', 'c'][Math.floor(random.fraction() * 3)]!;
      const times = random.fraction() < 0.05 ? line + 10 : 1;
      for (let nth = 0; nth < times; nth += 1) come(tenant);
      if (random.fraction() < 0.7) go();
      await clock.advance(random.fraction() < 0.02 ? limits.call_pressed_memory_ms : random.fraction() * 20);
      t.equal(admission.counts.underWay, underWay.length, `seed ${seed}`);
    }
    while (underWay.length > 0) go();
    await clock.advance(patience + limits.call_pressed_memory_ms);
    while (underWay.length > 0) go();
    const { door } = limit;
    t.same([door.waits(), door.pressed(), door.pressedWaits()], [false, false, false], `seed ${seed}`);
    t.same(admission.counts.waiting, 0);
    const alone = ['a', 'a', 'a'].map((tenant) => admission.enter(tenant, () => {}));
    t.same(alone, ['in', 'in', 'waits'], `seed ${seed}`);
  }
});

t.test('leaving without a call changes nothing', async (t) => {
  const { admission, enter } = stage();
  admission.leave('nobody');
  enter('a');
  admission.leave('a');
  admission.leave('a');
  t.same(['a', 'a', 'a'].map(enter), ['in', 'in', 'waits']);
});

/** A limit whose clock and queue the test moves; `lateMs` is what the main thread was held up. */
function watched() {
  const clock = new VirtualClock();
  const waits = { worker: 0, lateMs: 0 };
  const late = {
    monotonic: () => clock.monotonic(),
    after: (ms: number, fire: () => void) => clock.after(ms + waits.lateMs, fire),
  };
  const limit = new CallLimit(late, { waitedMs: () => waits.worker });
  const door = { waiting: false, pressed: false, risen: 0 };
  limit.door = {
    waits: () => door.waiting,
    pressed: () => door.pressed,
    pressedWaits: () => door.waiting && door.pressed,
    risen: () => {
      door.risen += 1;
    },
  };
  /** So many looks, with a call before each of them. */
  const looks = async (times: number, waiting: boolean, calls = true): Promise<number> => {
    door.waiting = waiting;
    for (let nth = 0; nth < times; nth += 1) {
      if (calls) limit.called();
      await clock.advance(look + waits.lateMs);
    }
    return limit.value;
  };
  return { clock, waits, limit, door, looks };
}

t.test('calls that wait for others than this machine are let in by the hundred', async (t) => {
  const { limit, looks, door } = watched();
  t.equal(limit.value, usual);
  t.equal(await looks(100, false), usual, 'nobody asks for more');
  t.equal(await looks(12, true), most, 'within half a second');
  t.equal(door.risen, 11);
  t.equal(await looks(100, false), usual, 'and when they are gone it is as before');
});

for (const queue of ['worker', 'lateMs'] as const) {
  t.test(`a queue that grows lets fewer in, never none: ${queue}`, async (t) => {
    const { waits, looks } = watched();
    await looks(100, true);
    waits[queue] = 2 * limits.queue_wait_ms;
    t.equal(await looks(40, true), least);
    waits[queue] = 0;
    t.ok((await looks(20, true)) > least, 'and more again when it has gone');
  });
}

t.test('under pressure a shorter queue is too long', async (t) => {
  const { waits, limit, looks, door } = watched();
  waits.worker = 2 * limits.queue_wait_pressed_ms;
  t.ok((await looks(40, true)) >= usual);
  door.pressed = true;
  t.ok((await looks(40, true)) >= usual);
  t.equal(limit.pressedValue, least);
});

t.test('one long turn is no overload', async (t) => {
  const { waits, looks } = watched();
  waits.lateMs = 3 * limits.queue_wait_ms;
  await looks(1, false);
  waits.lateMs = 0;
  t.equal(await looks(1, false), usual);
});

t.test('without calls it does not look', async (t) => {
  const { clock, looks } = watched();
  t.equal(clock.nextDue(), null);
  await looks(3, false);
  t.not(clock.nextDue(), null);
  await looks(2, false, false);
  t.equal(clock.nextDue(), null);
});
