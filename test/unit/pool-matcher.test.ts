import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { MatcherWorld, scanOf, soon } from '../support/matcher.ts';
import { makePalm, type TestPalm } from '../support/shard.ts';

function world(
  test: { teardown(fn: () => Promise<void>): void },
  ...options: ConstructorParameters<typeof MatcherWorld>
) {
  const made = new MatcherWorld(...options);
  test.teardown(() => made.matcher.close());
  return made;
}

function palms(w: MatcherWorld, count: number, samples = 1): TestPalm[] {
  return Array.from({ length: count }, (_, i) => makePalm(w.fraction, i, samples));
}

t.test(
  'enrolled palms are identified, verified, found as duplicates, and gone after removal',
  async (test) => {
    const w = world(test);
    const people = palms(w, 12, 3);
    for (const palm of people) await w.enrol('t1', palm);
    for (const palm of people) test.equal(await w.identified('t1', palm), palm.palmId);

    const [first, second, third, fourth] = [people[0]!, people[1]!, people[2]!, people[3]!];
    const verified = await w.matcher.verify('t1', [third.palmId, first.palmId], w.probe(first), soon());
    test.match(verified, { ok: true, value: { palmId: first.palmId, userId: first.userId, hand: 'left' } });
    test.ok(verified.ok && verified.value!.scores.length === 10 && verified.value!.fused > 0.8);
    test.same(await w.matcher.verify('t1', ['nobody'], w.probe(first), soon()), { ok: true, value: null });
    test.same(
      await w.matcher.verify('t1', [second.palmId], w.probe(first), soon()),
      { ok: true, value: null },
      'a right palm is no candidate for a left scan',
    );

    const prepared = await w.matcher.prepare('t1', [w.probe(third)], soon());
    const again = await w.matcher.prepare('t1', [w.probe(third)], soon());
    const another = await w.matcher.prepare('t1', [w.probe(fourth)], soon());
    if (!prepared.ok || !again.ok || !another.ok) throw new Error('a scan was refused');
    const beside = [...again.value, ...another.value].map(({ hand, template }) => ({ hand, ...template }));
    const otherHand = third.hand === 'left' ? ('right' as const) : ('left' as const);
    const log = w.log('t1');
    const twins = await w.matcher.duplicates(
      't1',
      prepared.value,
      log.entries.length,
      [...beside, { ...beside[0]!, hand: otherHand }],
      soon(),
    );
    test.equal(twins.candidates[0]?.palmId, third.palmId);
    const [same, different, elsewhere] = twins.beside;
    test.ok(same !== null && same!.fused > 0.8, 'a palm that is in no shard yet is compared exactly');
    test.ok(different === null || different!.fused < 0.7);
    test.equal(elsewhere, null, 'the other hand is no candidate');

    await w.matcher.apply('t1', log.remove(first));
    test.not(await w.identified('t1', first), first.palmId);
    test.same(await w.matcher.verify('t1', [first.palmId], w.probe(first), soon()), {
      ok: true,
      value: null,
    });
  },
);

t.test('one palm in two tenants is unrelated, and each tenant sees its own', async (test) => {
  const w = world(test, { workers: 2 });
  const [mine, theirs] = palms(w, 4).filter((palm) => palm.hand === 'left') as [TestPalm, TestPalm];
  await w.enrol('t1', mine);
  await w.enrol('t2', { ...mine, palmId: 'copy' });
  await w.enrol('t2', theirs);
  test.equal(await w.identified('t1', mine), mine.palmId);
  test.equal(await w.identified('t2', mine), 'copy');
  const [a, b] = ['t1', 't2'].map((id) => w.log(id).entries[0]!.template!.vector);
  const cosine = a!.reduce((sum, value, i) => sum + value * b![i]!, 0);
  test.ok(Math.abs(cosine) < 0.35, `cosine ${cosine}`);
  const shards = await w.matcher.shards();
  test.same(shards.map((s) => [s.tenantId, s.worker, s.templates]).sort(), [
    ['t1', w.matcher.workerOf('t1'), 1],
    ['t2', w.matcher.workerOf('t2'), 2],
  ]);
});

t.test('entries that were never announced are read from the log, in the right order', async (test) => {
  const w = world(test);
  const people = palms(w, 6);
  await w.matcher.load('t1');
  for (const palm of people.slice(0, 3)) await w.enrol('t1', palm, false);
  await w.enrol('t1', people[3]!);
  for (const palm of people.slice(0, 4)) test.equal(await w.identified('t1', palm), palm.palmId);
  await w.enrol('t1', people[4]!, false);
  const prepared = await w.matcher.prepare('t1', [w.probe(people[4]!)], soon());
  const position = w.log('t1').entries.length;
  const found = await w.matcher.duplicates('t1', prepared.ok ? prepared.value : [], position, [], soon());
  test.equal(found.candidates[0]?.palmId, people[4]!.palmId, 'a duplicate check waits for its position');
});

t.test('scans that cannot be used are refused with a code', async (test) => {
  const w = world(test);
  const [a, b, c] = palms(w, 5).filter((palm) => palm.hand === 'left') as [TestPalm, TestPalm, TestPalm];
  const refusal = async (...scans: Parameters<typeof w.matcher.prepare>[1]): Promise<unknown> => {
    const prepared = await w.matcher.prepare('t1', scans, soon());
    return prepared.ok ? 'accepted' : prepared.code;
  };
  test.equal(await refusal(w.probe(a), w.probe(b), w.probe(c)), 'palm_type_mismatch');
  test.equal(await refusal(w.probe(a), w.probe(a)), 'accepted');
  test.equal(await refusal({ ...w.probe(a), model: 'other' }), 'palm_model_mismatch');
  test.equal(await refusal({ ...w.probe(a), data: new Uint8Array(10) }), 'palm_template_invalid');
  const grey = { format: 'image', encoding: 'raw8', width: 64, height: 64, palmType: 'left' } as const;
  test.equal(await refusal({ ...grey, data: new Uint8Array(64 * 64).fill(128) }), 'palm_quality_too_low');
  test.equal(await refusal({ ...grey, data: new Uint8Array(5) }), 'palm_image_invalid');
  const inFrame = Buffer.concat([Buffer.alloc(100), w.probe(a).data]).subarray(100);
  test.equal(await refusal({ ...scanOf(a, a.templates[0]!), data: inFrame }), 'accepted');
});

for (const flatMax of [1000, 5]) {
  t.test(`a restart loads the file and replays what follows (flat up to ${flatMax})`, async (test) => {
    const w = world(test, { flatMax });
    const people = palms(w, 30);
    for (const palm of people.slice(0, 20)) await w.enrol('t1', palm);
    const mode = async (): Promise<string> => (await w.matcher.shards())[0]!.mode;
    while ((await mode()) === 'building');
    test.equal(await mode(), flatMax === 5 ? 'hnsw' : 'flat');
    await w.matcher.rewrite('t1', 20);
    const [before] = await w.matcher.shards();
    test.equal(before!.filePosition, 20);
    for (const palm of people.slice(20)) await w.enrol('t1', palm, false);
    await w.again();
    await w.matcher.load('t1');
    for (const palm of people) test.equal(await w.identified('t1', palm), palm.palmId);
    const [after] = await w.matcher.shards();
    test.match(after, { templates: 30, palms: 30, position: 30, replayLag: 0, filePosition: 20 });
    await w.again();
    await w.matcher.load('t1');
    test.match(await w.matcher.shards(), [{ filePosition: 30 }], 'closing wrote what had changed');
  });
}

t.test('erasure: the file that follows is free of the palm, and older files lose their key', async (test) => {
  const w = world(test, { flatMax: 10 });
  const people = palms(w, 30);
  for (const palm of people) await w.enrol('t1', palm);
  await w.matcher.rewrite('t1', 30);
  const path = join(w.dataDir, 'shards', 't1.shard');
  test.equal(statSync(path).mode & 0o777, 0o600);
  const old = [...w.keys.keys.keys()];
  test.equal(old.length, 1);
  await w.matcher.apply('t1', w.log('t1').remove(people[4]!));
  await w.matcher.rewrite('t1', 31);
  test.same(w.keys.destroyed, old);
  test.equal(w.keys.keys.size, 1);
  test.same(readdirSync(join(w.dataDir, 'shards')), ['t1.shard'], 'no temporary file stays');
  const saved = readFileSync(path);
  await w.matcher.rewrite('t1', 31);
  test.ok(readFileSync(path).equals(saved), 'a file that covers the position is not written again');
});

t.test('a damaged, foreign or keyless file is dropped and the shard rebuilt from the log', async (test) => {
  const w = world(test, { flatMax: 10 });
  const people = palms(w, 24);
  for (const palm of people) await w.enrol('t1', palm);
  const path = join(w.dataDir, 'shards', 't1.shard');
  const damage: Record<string, () => void> = {
    'a bit': () => {
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1]! ^= 4;
      writeFileSync(path, bytes);
    },
    'no key': () => w.keys.keys.clear(),
    'not ours': () => writeFileSync(path, 'hello'),
  };
  for (const [name, harm] of Object.entries(damage)) {
    await w.matcher.rewrite('t1', w.log('t1').entries.length);
    await w.matcher.close();
    harm();
    await w.again();
    await w.matcher.load('t1');
    test.match(await w.matcher.shards(), [{ templates: 24, filePosition: null }], name);
    test.equal(await w.identified('t1', people[7]!), people[7]!.palmId);
    // A change, so that closing has something to write.
    await w.matcher.apply('t1', w.log('t1').remove({ ...people[0]!, palmId: 'nobody' }));
  }
});

t.test(
  'by itself, an idle worker builds the graph, samples its recall, and a file follows the changes',
  async (test) => {
    const w = world(test, { flatMax: 10, saveChanges: 25 });
    for (const palm of palms(w, 30)) await w.enrol('t1', palm);
    let [shard] = await w.matcher.shards();
    while (shard!.filePosition === null || shard!.recallSample === null || shard!.mode !== 'hnsw') {
      [shard] = await w.matcher.shards();
    }
    test.ok(shard!.filePosition >= 25 && shard!.filePosition <= 30);
    test.equal(shard!.recallSample, 1, 'so small a graph misses nothing');
    test.equal(w.keys.keys.size, 1, 'one file, one key');
  },
);

t.test(
  'beyond the memory for shards the longest unused one leaves, written, and is back when asked',
  async (test) => {
    // A shard without palms takes about 300,000 bytes by its worker's own account: two fit.
    const w = world(test, { memoryMax: 700_000 });
    const people = palms(w, 6);
    const held = async () => (await w.matcher.shards()).map(({ tenantId }) => tenantId).sort();
    for (const [index, tenantId] of ['t1', 't2'].entries()) await w.enrol(tenantId, people[index]!);
    test.same(await held(), ['t1', 't2']);
    test.equal(await w.identified('t1', people[0]!), people[0]!.palmId, 'used last');
    await w.enrol('t3', people[2]!);
    while ((await held()).length > 2) await new Promise((resolve) => setImmediate(resolve));
    test.same(await held(), ['t1', 't3']);
    test.equal(await w.matcher.load('t2'), true, 'there is room for one that is asked for');
    const reads = w.logReads.filter((tenantId) => tenantId === 't2').length;
    test.equal(await w.identified('t2', people[1]!), people[1]!.palmId);
    await w.enrol('t2', people[3]!);
    test.equal(await w.identified('t2', people[3]!), people[3]!.palmId);
    test.equal(w.logReads.filter((tenantId) => tenantId === 't2').length, reads, 'from its file');
  },
);

t.test('tenants that are all in use at once are all answered, whatever has room', async (test) => {
  const w = world(test, { memoryMax: 400_000 });
  const people = palms(w, 8);
  const tenants = ['a', 'b', 'c', 'd'];
  const rounds = tenants.map(async (tenantId, index) => {
    const own = [people[index]!, people[index + 4]!];
    for (const palm of own) await w.enrol(tenantId, palm);
    for (let round = 0; round < 10; round += 1) {
      for (const palm of own) test.equal(await w.identified(tenantId, palm), palm.palmId);
    }
  });
  await Promise.all(rounds);
});
