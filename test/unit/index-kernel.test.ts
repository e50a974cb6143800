import { readFileSync } from 'node:fs';
import t from 'tap';
import { Nearest } from '../../engine/index/nearest.ts';
import { VectorArena } from '../../engine/index/vectors.ts';
import { assembleIndexKernel, indexKernelPath, indexKernels } from '../kernel/dots.ts';
import { seeded, unitVector } from '../support/shard.ts';

t.test('the committed kernels are what their sources assemble to', async (test) => {
  for (const name of indexKernels) {
    test.equal(readFileSync(indexKernelPath(name), 'utf8'), await assembleIndexKernel(name));
  }
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

t.test('the rough pass over many vectors loses none of the nearest', (test) => {
  const fraction = seeded(5);
  const arena = new VectorArena();
  const count = 20_000;
  const palms = Array.from({ length: count / 4 }, () => unitVector(fraction));
  // Four samples of each, so that near and nearer ones lie close together.
  for (let slot = 0; slot < count; slot++) arena.write(slot, unitVector(fraction, palms[slot >> 2], 0.8));
  const places = Uint32Array.from({ length: count }, (_, i) => i);
  const labels = places.map((place) => place + 7);
  let found = 0;
  for (let q = 0; q < 50; q++) {
    const query = unitVector(fraction, palms[(q * 97) % palms.length], 0.8);
    const [exact, rough] = [new Nearest(20), new Nearest(20)];
    arena.scanExact(query, places, labels, count, exact);
    arena.scan(query, places, labels, count, rough);
    test.equal(rough.labels[0], exact.labels[0]);
    test.equal(rough.cosines[0], exact.cosines[0], 'what is kept is scored in full');
    const set = new Set(rough.labels);
    for (const label of exact.labels) if (set.has(label)) found += 1;
  }
  test.ok(found >= 0.999 * 50 * 20, `${found} of 1000`);
  test.end();
});
