/** What a seed fixes of a chaos run, so that one that found something can be run again. */
import t from 'tap';
import { fingerprintOf, killsOf, stepOf } from '../../bench/chaos/plan.ts';
import { embeddedVictims } from '../../bench/chaos/victims.ts';

const victims = embeddedVictims().all;
const seeds = Array.from({ length: 20 }, (_, seed) => seed + 1);

t.test('the same seed is the same kills and the same deeds of every lane; another is not', async (t) => {
  const prints = seeds.map((seed) => fingerprintOf(seed, 3, killsOf(seed, 10, victims)));
  t.same(
    prints,
    seeds.map((seed) => fingerprintOf(seed, 3, killsOf(seed, 10, victims))),
  );
  t.equal(new Set(prints).size, seeds.length);
  t.same(killsOf(4, 10, victims), killsOf(4, 100, victims).slice(0, killsOf(4, 10, victims).length));
});

t.test('a plan has as many kills of the engine as were asked for, and some of every kind', async (t) => {
  for (const seed of seeds) {
    const kills = killsOf(seed, 100, victims);
    const ofEngine = kills.reduce((sum, { victim, startsMs, erasureMs }) => {
      if (!victims[victim]!.takesEngine) return sum;
      return sum + 1 + startsMs.length + (erasureMs === null ? 0 : 1);
    }, 0);
    t.ok(ofEngine >= 100, `seed ${seed}: ${ofEngine}`);
    t.ok(
      kills.some(({ startsMs }) => startsMs.length > 0) && kills.some(({ erasureMs }) => erasureMs !== null),
    );
    t.same([...new Set(kills.map(({ victim }) => victim))].sort(), ['database', 'engine', 'machine']);
  }
});

t.test('a lane does everything there is to do', async (t) => {
  const deeds = new Set(Array.from({ length: 500 }, (_, number) => stepOf(1, 1, number).deed));
  t.equal(deeds.size, 12);
});
