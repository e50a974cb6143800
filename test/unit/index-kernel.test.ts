import { readFileSync } from 'node:fs';
import t from 'tap';
import { Nearest } from '../../engine/index/nearest.ts';
import { VectorArena } from '../../engine/index/vectors.ts';
import { assembleDots, dotsPath } from '../kernel/dots.ts';
import { seeded, unitVector } from '../support/shard.ts';

t.test('the committed kernel is what its source assembles to', async (test) => {
  test.equal(readFileSync(dotsPath, 'utf8'), await assembleDots());
});

t.test('scores are cosines, in lists of any length and order, and after the memory has grown', (test) => {
  const fraction = seeded(3);
  const arena = new VectorArena();
  const vectors = Array.from({ length: 5003 }, () => unitVector(fraction));
  for (const [slot, vector] of vectors.entries()) arena.write(slot * 3, vector);
  for (const count of [1, 2, 3, 4, 5, 4095, 4096, 4097, 5003]) {
    const order = Array.from({ length: count }, (_, i) => (i * 4999) % 5003);
    const query = unitVector(fraction, vectors[order[0]!], 0.5);
    const nearest = new Nearest(10);
    arena.scan(
      query,
      Uint32Array.from(order, (slot) => slot * 3),
      Uint32Array.from(order),
      count,
      nearest,
    );
    const exact = order
      .map((slot) => [slot, vectors[slot]!.reduce((sum, value, i) => sum + value * query[i]!, 0)] as const)
      .sort((a, b) => b[1] - a[1]);
    test.equal(nearest.count, Math.min(10, count));
    for (let i = 0; i < nearest.count; i++) {
      test.ok(Math.abs(nearest.cosines[i]! - exact[i]![1]) < 1e-4, `rank ${i} of ${count}`);
    }
    test.equal(nearest.labels[0], exact[0]![0]);
  }
  test.end();
});
