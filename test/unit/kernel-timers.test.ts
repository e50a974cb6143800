import t from 'tap';
import { Alarm, Timers } from '../../actors/kernel/timers.ts';
import { VirtualClock } from '../support/clock.ts';
import { SeededRandom } from '../support/random.ts';

t.test('fires what was not removed, in order of time, for any order of adding and removing', async (t) => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const random = new SeededRandom(seed);
    const clock = new VirtualClock();
    const timers = new Timers(clock);
    const fired: number[] = [];
    const expected: number[] = [];
    const alarms: Alarm[] = [];
    for (let i = 0; i < 200; i += 1) {
      const due = random.below(1_000);
      const alarm = new Alarm(due, () => fired.push(due));
      alarms.push(alarm);
      timers.add(alarm);
      if (random.chance(0.3)) timers.remove(random.pick(alarms));
    }
    for (const alarm of alarms) if (alarm.slot >= 0) expected.push(alarm.due);
    t.equal(timers.size, expected.length);
    while (clock.step());
    t.same(
      fired,
      expected.sort((a, b) => a - b),
    );
    t.equal(timers.size, 0);
  }
});

t.test(
  'what an alarm adds for now fires too, and one far away is not lost to the limit of timers',
  async (t) => {
    const clock = new VirtualClock();
    const timers = new Timers(clock);
    const fired: string[] = [];
    timers.after(5, () => {
      fired.push('first');
      timers.after(0, () => fired.push('second'));
    });
    const days = 40 * 24 * 3600 * 1000;
    timers.after(days, () => fired.push('far'));
    while (clock.step());
    t.same(fired, ['first', 'second', 'far']);
    t.ok(clock.monotonic() >= days);
  },
);
