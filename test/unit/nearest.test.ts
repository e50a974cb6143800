import t from 'tap';
import { Nearest } from '../../engine/index/nearest.ts';
import { SeededRandom } from '../support/random.ts';

t.test('keeps the best of what it was offered, in order, read in between or not', async (t) => {
  const random = new SeededRandom(3);
  for (const k of [1, 2, 7, 64, 500]) {
    const nearest = new Nearest(k);
    const offered: { label: number; cosine: number }[] = [];
    for (let label = 0; label < 2_000; label += 1) {
      const cosine = random.fraction() * 2 - 1;
      const floor =
        label % 400 !== 0 ? undefined : [...offered].sort((a, b) => b.cosine - a.cosine)[k - 1]?.cosine;
      if (label % 400 === 0) t.equal(nearest.floor, floor ?? Number.NEGATIVE_INFINITY);
      nearest.offer(label, cosine);
      offered.push({ label, cosine });
      if (label % 300 === 299) t.equal(nearest.labels.length, k);
    }
    const best = offered.sort((a, b) => b.cosine - a.cosine).slice(0, k);
    t.equal(nearest.count, k);
    t.same(
      [...nearest.labels],
      best.map(({ label }) => label),
    );
    t.same(
      [...nearest.cosines],
      best.map(({ cosine }) => cosine),
    );
  }
});

t.test('fewer than it could keep', async (t) => {
  const nearest = new Nearest(4);
  nearest.offer(1, 0.2);
  nearest.offer(2, 0.9);
  t.equal(nearest.count, 2);
  t.same([...nearest.labels.subarray(0, 2)], [2, 1]);
  t.equal(nearest.floor, Number.NEGATIVE_INFINITY);
});
