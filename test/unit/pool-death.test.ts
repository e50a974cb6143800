import { fileURLToPath } from 'node:url';
import t from 'tap';
import { MatcherWorld, soon } from '../support/matcher.ts';
import { makePalm } from '../support/shard.ts';

const workerEntry = fileURLToPath(new URL('../support/odd_worker.js', import.meta.url));

/** Two tenants on different workers of two. */
function tenantsApart(w: MatcherWorld): [string, string] {
  const names = Array.from({ length: 32 }, (_, i) => `tenant-${i}`);
  const other = names.find((name) => w.matcher.workerOf(name) !== w.matcher.workerOf(names[0]!))!;
  return [names[0]!, other];
}

for (const [order, code] of [
  ['test:exit', 'unavailable'],
  ['test:hang', 'deadline_exceeded'],
] as const) {
  t.test(`${order}: the worker is replaced, its shards come back, the other worker goes on`, async (test) => {
    const w = new MatcherWorld({ workers: 2, workerEntry, hangMs: 200 });
    test.teardown(() => w.matcher.close());
    const [sick, healthy] = tenantsApart(w);
    const palms = Array.from({ length: 6 }, (_, i) => makePalm(w.fraction, i));
    for (const palm of palms) {
      await w.enrol(sick, palm);
      await w.enrol(healthy, palm);
    }
    const deadline = order === 'test:hang' ? soon() - 19_800 : soon();
    const fatal = w.matcher.verify(sick, [order], w.probe(palms[0]!), deadline);
    const answer = fatal.then(
      () => 'answered',
      (error: { code: string }) => error.code,
    );
    test.equal(await w.identified(healthy, palms[1]!), palms[1]!.palmId);
    test.equal(await answer, code);
    while (w.matcher.workers()[w.matcher.workerOf(sick)]!.restarts === 0) {
      await w.identified(healthy, palms[2]!);
    }
    test.equal(await w.identified(sick, palms[3]!), palms[3]!.palmId, 'reloaded from the log');
    test.equal(await w.identified(healthy, palms[3]!), palms[3]!.palmId);
    test.equal(w.matcher.workers()[w.matcher.workerOf(healthy)]!.restarts, 0);
    await w.enrol(sick, makePalm(w.fraction, 50));
    test.match(await w.matcher.shards(), [{ templates: 7 }, { templates: 6 }]);
  });
}

t.test('a handler that throws fails its task and nothing else', async (test) => {
  const w = new MatcherWorld({ workerEntry });
  test.teardown(() => w.matcher.close());
  const palm = makePalm(w.fraction, 0);
  await w.enrol('t1', palm);
  await test.rejects(w.matcher.verify('t1', ['test:throw'], w.probe(palm), soon()), { code: 'unavailable' });
  test.equal(await w.identified('t1', palm), palm.palmId);
  test.equal(w.matcher.workers()[0]!.restarts, 0);
});

t.test('a log that fails refuses requests, and loading works once it is back', async (test) => {
  let broken = true;
  const w: MatcherWorld = new MatcherWorld({
    palmLogAfter: async (tenantId, position, limit) => {
      if (broken) throw Object.assign(new Error('no database'), { code: 'unavailable' });
      return w.log(tenantId).after(position, limit);
    },
  });
  test.teardown(() => w.matcher.close());
  const palm = makePalm(w.fraction, 0);
  await test.rejects(w.matcher.identify('t1', w.probe(palm), soon()), { code: 'unavailable' });
  broken = false;
  await w.enrol('t1', palm, false);
  const prepared = await w.matcher.prepare('t1', [w.probe(palm)], soon());
  test.equal(
    (await w.matcher.duplicates('t1', prepared.ok ? prepared.value : [], 1, [], soon())).candidates.length,
    1,
  );
});

t.test('requests past the bound of a loading shard, and past their deadline, are refused', async (test) => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const w: MatcherWorld = new MatcherWorld({
    palmLogAfter: async () => {
      await gate;
      return [];
    },
  });
  test.teardown(() => w.matcher.close());
  const palm = makePalm(w.fraction, 0);
  const codes = (deadline: number, count: number): Promise<string>[] =>
    Array.from({ length: count }, () =>
      w.matcher.identify('t1', w.probe(palm), deadline).then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
    );
  test.same(await Promise.all(codes(soon() - 19_990, 2)), ['deadline_exceeded', 'deadline_exceeded']);
  const waiting = codes(soon(), 256);
  test.same(await Promise.all(codes(soon(), 1)), ['engine_busy']);
  release();
  const done = await Promise.all(waiting);
  test.same(
    done.filter((code) => code !== 'done'),
    [],
  );
  await test.rejects(w.matcher.identify('../etc', w.probe(palm), soon()), { code: 'tenant_not_found' });
});
