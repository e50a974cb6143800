import t from 'tap';
import { RecentMap } from '../../engine/recent.ts';
import { SeededRandom } from '../support/random.ts';

t.test('what was used lately stays, what was not goes', async (t) => {
  const map = new RecentMap<string, number>(4);
  for (const [at, key] of ['a', 'b', 'c', 'd'].entries()) map.set(key, at);
  t.equal(map.get('a'), 0, 'four fit');
  map.set('e', 4);
  t.equal(map.get('a'), 0, 'used just now');
  t.equal(map.get('e'), 4);
  for (const key of ['f', 'g', 'h', 'i']) map.set(key, 9);
  t.equal(map.get('a'), undefined);
});

t.test('setting again replaces and forgets nobody', async (t) => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('b', 3);
  t.equal(map.get('a'), 1);
  t.equal(map.get('b'), 3);
});

t.test('against an oracle: the last half is there, nothing stale, never more than the bound', async (t) => {
  const max = 16;
  const map = new RecentMap<number, number>(max);
  const truth = new Map<number, number>();
  const used: number[] = [];
  const random = new SeededRandom(1);
  for (let step = 0; step < 20_000; step += 1) {
    const key = Math.floor(random.fraction() * 40);
    const draw = random.fraction();
    const found = map.get(key);
    if (found !== undefined && found !== truth.get(key)) t.fail(`stale value of ${key} at step ${step}`);
    const recent = new Set(used.slice(-max / 2));
    if (recent.has(key) && truth.has(key) && found === undefined) t.fail(`${key} was lost at step ${step}`);
    if (draw < 0.5) {
      map.set(key, step);
      truth.set(key, step);
    } else if (draw < 0.6) {
      map.delete(key);
      truth.delete(key);
    }
    if (found !== undefined || draw < 0.5) used.push(key);
  }
  const kept = Array.from({ length: 40 }, (_, key) => map.get(key)).filter((value) => value !== undefined);
  t.ok(kept.length <= max);
});
