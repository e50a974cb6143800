import { readFileSync } from 'node:fs';
import t from 'tap';
import { BestScores } from '../../engine/index/best.ts';
import { Nearest } from '../../engine/index/nearest.ts';
import { PendingSlots } from '../../engine/index/pending.ts';
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
    arena.scanExact(
      query,
      Uint32Array.from(order, (slot) => slot * 3),
      Uint32Array.from(order),
      count,
      nearest,
    );
    const exact = exactly(order, vectors, query);
    test.equal(nearest.count, Math.min(10, count));
    for (let i = 0; i < nearest.count; i++) {
      test.ok(Math.abs(nearest.cosines[i]! - exact[i]![1]) < 1e-4, `rank ${i} of ${count}`);
    }
    test.equal(nearest.labels[0], exact[0]![0]);
  }
  test.end();
});

function exactly(slots: readonly number[], vectors: readonly Float32Array[], query: Float32Array) {
  return slots
    .map((slot) => [slot, vectors[slot]!.reduce((sum, value, i) => sum + value * query[i]!, 0)] as const)
    .sort((a, b) => b[1] - a[1]);
}

t.test('a list searched by rough vectors follows its changes, in lists of any length', (test) => {
  const fraction = seeded(7);
  const arena = new VectorArena();
  const list = new PendingSlots(arena);
  const vectors = Array.from({ length: 18_000 }, () => unitVector(fraction));
  const live = new Set<number>();
  const add = (slot: number): void => {
    list.add(slot, slot * 2);
    // As a shard does it: the place is taken first, the vector comes after.
    arena.write(slot * 2, vectors[slot]!);
    live.add(slot);
  };
  const compare = (about: string): void => {
    const slots = [...live];
    const wanted = slots[Math.floor(fraction() * slots.length)]!;
    const query = unitVector(fraction, vectors[wanted]!, 0.6);
    const nearest = new Nearest(5);
    list.scan(query, nearest);
    const exact = exactly(slots, vectors, query);
    test.equal(list.count, live.size, about);
    test.equal(nearest.labels[0], exact[0]![0], about);
    test.ok(
      nearest.labels.subarray(0, nearest.count).every((slot) => live.has(slot)),
      about,
    );
  };
  for (let slot = 0; slot < vectors.length; slot += 1) {
    add(slot);
    if (slot % 1_999 === 0 || slot > 17_995) compare(`${slot} added`);
  }
  for (let step = 0; step < 1_500; step += 1) {
    const slots = [...live];
    const gone = slots[Math.floor(fraction() * slots.length)]!;
    test.ok(list.delete(gone));
    arena.clear(gone * 2);
    live.delete(gone);
    if (step % 7 === 0) add(gone);
    if (step % 250 === 0) compare(`after ${step} changes`);
  }
  list.clear();
  test.equal(list.count, 0);
  live.clear();
  for (let slot = 0; slot < 700; slot += 1) add(slot);
  compare('after all were removed');
  test.end();
});

t.test('the best scores are those of a full sort, ties aside', (test) => {
  const fraction = seeded(11);
  for (const [wanted, count] of [
    [1, 1],
    [10, 9],
    [10, 40],
    [25, 5_000],
  ] as const) {
    const best = new BestScores(wanted, 99);
    const scores = Array.from({ length: count }, () => Math.floor(fraction() ** 3 * 100));
    for (let from = 0; from < count; from += 17) {
      const numbers = Uint32Array.from({ length: 17 }, (_, i) => i);
      best.take(
        numbers,
        Uint32Array.from(numbers, (i) => scores[from + i] ?? 99),
        17,
        from,
        count,
      );
    }
    const found = [...best.finish()];
    test.equal(new Set(found).size, Math.min(wanted, count));
    test.same(
      found.map((number) => scores[number]!).sort((a, b) => b - a),
      scores.toSorted((a, b) => b - a).slice(0, wanted),
    );
  }
  test.end();
});

t.test('nothing is left of the rough vector of a slot that is removed', (test) => {
  const fraction = seeded(8);
  const arena = new VectorArena();
  const list = new PendingSlots(arena);
  for (let slot = 0; slot < 40; slot += 1) {
    list.add(slot, slot);
    arena.write(slot, unitVector(fraction));
  }
  list.scan(unitVector(fraction), new Nearest(1));
  const before = arena.rough.written;
  test.ok(before > 30 * 64);
  for (let slot = 39; slot > 0; slot -= 2) list.delete(slot);
  test.ok(arena.rough.written <= 20 * 64, 'as many bytes as twenty vectors have');
  list.clear();
  test.equal(arena.rough.written, 0);
  test.end();
});

t.test('the rough pass over many vectors loses none of the nearest', (test) => {
  const fraction = seeded(5);
  const arena = new VectorArena();
  const list = new PendingSlots(arena);
  const count = 20_000;
  const palms = Array.from({ length: count / 4 }, () => unitVector(fraction));
  // Four samples of each, so that near and nearer ones lie close together.
  for (let slot = 0; slot < count; slot++) {
    list.add(slot, slot);
    arena.write(slot, unitVector(fraction, palms[slot >> 2], 0.8));
  }
  const places = Uint32Array.from({ length: count }, (_, i) => i);
  let found = 0;
  for (let q = 0; q < 50; q++) {
    const query = unitVector(fraction, palms[(q * 97) % palms.length], 0.8);
    const [exact, rough] = [new Nearest(20), new Nearest(20)];
    arena.scanExact(query, places, places, count, exact);
    list.scan(query, rough);
    test.equal(rough.labels[0], exact.labels[0]);
    test.equal(rough.cosines[0], exact.cosines[0], 'what is kept is scored in full');
    const set = new Set(rough.labels);
    for (const label of exact.labels) if (set.has(label)) found += 1;
  }
  test.ok(found >= 0.999 * 50 * 20, `${found} of 1000`);
  test.end();
});
