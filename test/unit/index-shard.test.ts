import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { chunkKind, SHARD_FORMAT, ShardReader } from '../../engine/index/file.ts';
import { loadShard } from '../../engine/index/load.ts';
import { makeRotation, RotationArena } from '../../engine/index/rotation.ts';
import { type Slices, saveShard } from '../../engine/index/save.ts';
import { Scratch } from '../../engine/index/scratch.ts';
import type { Shard } from '../../engine/index/shard.ts';
import { probeOf } from '../../engine/palm/template.ts';
import { makePalm, seeded, TestLog, type TestPalm, testShard, unitVector } from '../support/shard.ts';

const key = new Uint8Array(32).fill(7);
const folder = mkdtempSync(join(tmpdir(), 'thenar-shard-'));
const scratch = new Scratch(folder);
t.teardown(() => scratch.sweep());
let files = 0;

function finish<T>(slices: Slices<T>, between: () => void = () => {}): T {
  for (;;) {
    const step = slices.next();
    if (step.done === true) return step.value;
    between();
  }
}

function save(shard: Shard, between?: () => void): string {
  const path = join(folder, `${files++}.shard`);
  const header = {
    format: SHARD_FORMAT,
    model: 'm',
    tenantId: shard.tenantId,
    generation: 'g',
    replaces: null,
  };
  finish(saveShard(shard, path, header, key, scratch), between);
  return path;
}

function load(path: string, flatMax: number): Shard {
  const { shard } = testShard(flatMax);
  finish(loadShard(shard, path, key, 'm', scratch));
  return shard;
}

/** Every live palm is found at the top by a probe near one of its templates, and no removed one is found at all. */
function audit(test: Test, shard: Shard, live: ReadonlyMap<string, TestPalm>, fraction: () => number): void {
  test.equal(shard.palms, live.size, 'as many palms');
  for (const palm of live.values()) {
    const template = palm.templates[Math.floor(fraction() * palm.templates.length)]!;
    const vector = unitVector(fraction, template.vector, 0.3);
    const found = shard.identify(palm.hand, vector, probeOf({ vector, code: template.code }));
    if (found[0]?.palmId !== palm.palmId || found.some((c) => !live.has(c.palmId) || c.hand !== palm.hand)) {
      test.fail(`${palm.palmId} is not first, or a removed palm is there`, { found });
      return;
    }
  }
  test.pass('each live palm is first');
}

/** Random adds and removes; returns the log and the palms that stand. */
function churn(
  shard: Shard,
  log: TestLog,
  live: Map<string, TestPalm>,
  fraction: () => number,
  steps: number,
  from: number,
) {
  for (let i = 0; i < steps; i++) {
    if (live.size > 10 && fraction() < 0.3) {
      const palm = [...live.values()][Math.floor(fraction() * live.size)]!;
      live.delete(palm.palmId);
      shard.apply(log.remove(palm));
    } else {
      const palm = makePalm(fraction, from + i, 1 + Math.floor(fraction() * 3));
      live.set(palm.palmId, palm);
      shard.apply(log.add(palm));
    }
    if (fraction() < 0.5) shard.build(() => fraction() < 0.3);
  }
}

for (const [mode, flatMax] of [
  ['flat', 100_000],
  ['graph', 20],
] as const) {
  t.test(`${mode}: random changes, save, load and replay agree with what should be there`, async (test) => {
    for (let seed = 1; seed <= 3; seed++) {
      const fraction = seeded(seed);
      const { shard } = testShard(flatMax, seed);
      const log = new TestLog();
      const live = new Map<string, TestPalm>();
      churn(shard, log, live, fraction, 150, 0);
      audit(test, shard, live, fraction);

      // Changes go on while the file is written, so it holds a mixture that replay must put right.
      let number = 1000;
      const path = save(shard, () => {
        number += 10;
        churn(shard, log, live, fraction, 3, number);
      });
      churn(shard, log, live, fraction, 20, 5000);
      const loaded = load(path, flatMax);
      test.ok(loaded.position <= log.entries.length);
      loaded.apply(log.after(loaded.position, 10_000));
      audit(test, loaded, live, fraction);
      while (loaded.build(() => false));
      audit(test, loaded, live, fraction);
      test.equal(loaded.templates, shard.templates);
      test.equal(loaded.position, log.entries.length);
    }
  });
}

t.test('the graph finds what an exact scan finds', async (test) => {
  const fraction = seeded(9);
  const { shard } = testShard(50);
  const log = new TestLog();
  for (let i = 0; i < 1200; i++) shard.apply(log.add(makePalm(fraction, i)));
  test.equal(shard.mode, 'building');
  while (shard.build(() => false));
  test.equal(shard.mode, 'hnsw');
  const recall = shard.recallSample(40, fraction);
  test.ok(recall !== null && recall > 0.99, `recall ${recall}`);
});

t.test('removed palms leave no bytes in memory, file or a file written meanwhile', async (test) => {
  const fraction = seeded(4);
  const { shard, codes } = testShard(20);
  const log = new TestLog();
  const palms = Array.from({ length: 80 }, (_, i) => makePalm(fraction, i));
  for (const palm of palms) shard.apply(log.add(palm));
  while (shard.build(() => false));
  const [first, second] = [palms[6]!, palms[8]!];
  const traces = [first, second].map((palm) => {
    const [slot] = shard.hands.left.palms.get(palm.palmId)!.slots;
    const { place } = shard.hands.left.slot(slot!)!;
    return {
      vector: Buffer.from(shard.arenas.vectors.raw(place)),
      floats: floatsOf(shard, place),
      place,
    };
  });
  test.ok(holds(shard, traces[0]!), 'the file held it before');

  const used = codes.used;
  shard.apply(log.remove(first));
  test.equal(codes.used, used - 1);
  test.ok(shard.arenas.vectors.raw(traces[0]!.place).every((byte) => byte === 0));
  test.equal(codes.raw(traces[0]!.place), null);
  test.notOk(holds(shard, traces[0]!), 'the next file does not hold it');

  // Removed while the graph is being written: the file may hold it (it covers less), the file after may not, and
  // neither may a shard that was loaded from the first file and replayed.
  let once = true;
  const mixed = save(shard, () => {
    if (once) shard.apply(log.remove(second));
    once = false;
  });
  test.notOk(holds(shard, traces[1]!));
  const loaded = load(mixed, 20);
  loaded.apply(log.after(loaded.position));
  test.notOk(holds(loaded, traces[1]!));
});

function floatsOf(shard: Shard, place: number): Buffer {
  return Buffer.from(Float32Array.from(shard.arenas.vectors.read(place)).buffer);
}

/** Whether the plain contents of the next file hold a vector, as stored or as the graph has it. */
function holds(shard: Shard, trace: { vector: Buffer; floats: Buffer }): boolean {
  const plain = plainContents(save(shard));
  return plain.includes(trace.vector) || plain.includes(trace.floats);
}

function plainContents(path: string): Buffer {
  const reader = new ShardReader(path, key);
  const parts: Buffer[] = [];
  for (let chunk = reader.next(); chunk.kind !== chunkKind.end; chunk = reader.next())
    parts.push(chunk.bytes.subarray(chunk.kind === chunkKind.graph ? 1 : 0));
  reader.close();
  return Buffer.concat(parts);
}

t.test(
  'a file that is cut, altered, of another tenant, model, format or key is refused whole',
  async (test) => {
    const fraction = seeded(5);
    const { shard } = testShard(20);
    const log = new TestLog();
    for (let i = 0; i < 60; i++) shard.apply(log.add(makePalm(fraction, i)));
    while (shard.build(() => false));
    const path = save(shard);
    const whole = readFileSync(path);
    test.notOk(whole.includes(Buffer.from('user-3')), 'nothing readable in the file');
    const damaged: Record<string, Buffer> = {
      empty: Buffer.alloc(0),
      'half a header': whole.subarray(0, 20),
      'last chunk missing': whole.subarray(0, whole.length - 21),
      'cut in the middle': whole.subarray(0, whole.length >> 1),
      'one bit': Buffer.from(whole).fill(whole[5000]! ^ 1, 5000, 5001),
      'header changed': Buffer.from(
        whole.toString('latin1').replace('"position":60', '"position":61'),
        'latin1',
      ),
    };
    for (const [name, bytes] of Object.entries(damaged)) {
      writeFileSync(path, bytes);
      const { shard: empty, codes } = testShard(20);
      test.throws(() => finish(loadShard(empty, path, key, 'm', scratch)), { name: 'ShardFileError' }, name);
      test.equal(empty.templates + codes.used, 0);
    }
    writeFileSync(path, whole);
    const { shard: empty } = testShard(20);
    test.throws(() => finish(loadShard(empty, path, new Uint8Array(32), 'm', scratch)), {
      name: 'ShardFileError',
    });
    test.throws(() => finish(loadShard(empty, path, key, 'n', scratch)), { name: 'ShardFileError' });
  },
);

t.test('a gap in the log is refused, a repetition changes nothing', async (test) => {
  const fraction = seeded(6);
  const { shard } = testShard(20);
  const log = new TestLog();
  const entries = [0, 1, 2].flatMap((i) => log.add(makePalm(fraction, i, 2)));
  shard.apply(entries.slice(0, 2));
  test.throws(() => shard.apply(entries.slice(3)), { code: 'conflict' });
  shard.apply(entries);
  shard.apply(entries);
  test.equal(shard.templates, 6);
  test.equal(shard.position, 6);
});

t.test(
  'a rotation that was made travels in the file, and a file without one serves as well',
  async (test) => {
    const { shard } = testShard(100);
    shard.apply(new TestLog().add(makePalm(seeded(4), 0, 2)));
    test.equal(load(save(shard), 100).rotation, null);
    const rotation = makeRotation(key);
    const vector = unitVector(seeded(5));
    const rotated = shard.rotate(vector, () => rotation);
    const back = load(save(shard), 100);
    test.same([back.rotation, back.templates], [rotation, 2]);
    test.same(
      back.rotate(vector, () => test.fail('it was not made again') as never),
      rotated,
    );
    back.clear();
    test.equal(back.rotation, null, 'whoever leaves takes it along');
  },
);

t.test('rotation is orthonormal, keeps cosines, and differs with the key', async (test) => {
  const rotation = makeRotation(key);
  let worst = 0;
  for (let i = 0; i < 256; i += 3) {
    for (let j = 0; j < 256; j += 5) {
      let dot = 0;
      for (let k = 0; k < 256; k++) dot += rotation[i * 256 + k]! * rotation[j * 256 + k]!;
      worst = Math.max(worst, Math.abs(dot - (i === j ? 1 : 0)));
    }
  }
  test.ok(worst < 1e-5, `orthonormal within ${worst}`);
  const fraction = seeded(1);
  const [a, b] = [unitVector(fraction), unitVector(fraction)];
  const cosine = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const rotations = new RotationArena();
  const rotate = (place: number, vector: Float32Array) => rotations.rotate(place, vector);
  const place = rotations.hold(rotation);
  const other = rotations.hold(makeRotation(new Uint8Array(32).fill(8)));
  for (let i = 0; i < 256; i++) {
    const product = a.reduce((sum, value, j) => sum + value * rotation[i * 256 + j]!, 0);
    if (Math.abs(rotate(place, a)[i]! - product) > 1e-6) test.fail(`row ${i}`);
  }
  test.ok(Math.abs(cosine(a, b) - cosine(rotate(place, a), rotate(place, b))) < 1e-5);
  test.same(rotate(rotations.hold(makeRotation(key)), a), rotate(place, a), 'deterministic');
  test.ok(Math.abs(cosine(rotate(place, a), rotate(other, a))) < 0.35, 'unrelated under another key');
});

t.test('a rotation that is given up is gone, and its place is used again', async (test) => {
  const fraction = seeded(2);
  const vector = unitVector(fraction);
  const rotations = new RotationArena();
  const kept = rotations.hold(makeRotation(key));
  const before = rotations.rotate(kept, vector);
  const places = Array.from({ length: 5 }, (_, i) =>
    rotations.hold(makeRotation(new Uint8Array(32).fill(i))),
  );
  test.same(rotations.rotate(kept, vector), before, 'after the memory has grown');
  rotations.release(places[2]!);
  test.ok(rotations.rotate(places[2]!, vector).every((value) => value === 0));
  test.equal(rotations.hold(makeRotation(key)), places[2]);
  test.same(rotations.rotate(places[2]!, vector), before);
});
