/** What becomes of a shard when its file cannot be written or read, and of the tenants beside it. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { limits } from '../../engine/limits.ts';
import type { PoolMatcherOptions } from '../../engine/pool/matcher.ts';
import { MatcherWorld, soon } from '../support/matcher.ts';
import type { Oddity } from '../support/odd_worker.ts';
import { makePalm } from '../support/shard.ts';

const workerEntry = fileURLToPath(new URL('../support/odd_worker.js', import.meta.url));

function world(test: Test, options: Partial<PoolMatcherOptions> = {}) {
  const w = new MatcherWorld({ workerEntry, ...options });
  // A worker on its way back is awaited by a timer of the engine's clock, which keeps no process.
  const hold = setInterval(() => {}, 60_000);
  test.teardown(async () => {
    await w.matcher.close();
    clearInterval(hold);
  });
  const flag = (oddity: Oddity): string => join(w.dataDir, 'shards', oddity);
  return {
    w,
    begin: (oddity: Oddity): void => writeFileSync(flag(oddity), 't1'),
    end: (oddity: Oddity): void => rmSync(flag(oddity)),
    /** Shard files, whole and temporary. */
    files: (): string[] => readdirSync(join(w.dataDir, 'shards')).filter((name) => name.includes('.')),
  };
}

const someTime = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('a full disk: matching goes on from memory, writing is tried again, and it is told', async (test) => {
  const { w, begin, end, files } = world(test, { saveIntervalMs: 20 });
  const palms = Array.from({ length: 6 }, (_, i) => makePalm(w.fraction, i));
  await w.enrol('t1', palms[0]!);
  await w.matcher.rewrite('t1', 1);
  test.equal(w.matcher.unsaved(), 0);
  begin('disk-full');
  await w.enrol('t1', palms[1]!);
  await test.rejects(w.matcher.rewrite('t1', 2), { code: 'unavailable', message: /ENOSPC/ });
  for (const palm of palms.slice(2)) await w.enrol('t1', palm);
  while (w.matcher.unsaved() === 0) await someTime();
  for (const palm of palms) test.equal(await w.identified('t1', palm), palm.palmId);
  test.equal(w.logReads.length, 1, 'nothing was loaded anew: the shard never left memory');
  test.ok(files().includes('t1.shard'), 'the last good file stands');
  end('disk-full');
  while (w.matcher.unsaved() > 0) await someTime();
  test.match(await w.matcher.shards(), [{ filePosition: 6 }]);
  test.same(files(), ['t1.shard'], 'nothing half-written was left to fill the disk');
  const kept = [...w.keys.keys.keys()].filter((name) => name.startsWith('shard/t1/'));
  test.equal(kept.length, 1, 'keys of files that were never finished are gone');
  await w.again();
  test.equal(await w.identified('t1', palms[5]!), palms[5]!.palmId);
});

t.test('a full disk is not written to at every change', async (test) => {
  const { w, begin } = world(test, { saveIntervalMs: 3_600_000, saveChanges: 2 });
  await w.enrol('t1', makePalm(w.fraction, 0));
  await w.matcher.rewrite('t1', 1);
  begin('disk-full');
  const before = w.keys.destroyed.length;
  for (let i = 1; i <= 8; i += 1) await w.enrol('t1', makePalm(w.fraction, i));
  while (w.matcher.unsaved() === 0) await someTime();
  for (let i = 9; i <= 16; i += 1) await w.enrol('t1', makePalm(w.fraction, i));
  test.equal(w.keys.destroyed.length - before, 1, 'one try; the next when its time has come');
});

t.test('a worker that dies while it writes: the shard comes back from the file before', async (test) => {
  const { w, begin, end, files } = world(test);
  const palms = [0, 1].map((i) => makePalm(w.fraction, i));
  await w.enrol('t1', palms[0]!);
  await w.matcher.rewrite('t1', 1);
  await w.enrol('t1', palms[1]!);
  begin('dies-saving');
  await test.rejects(w.matcher.rewrite('t1', 2), { code: 'unavailable' });
  while (w.matcher.unsaved() === 0) await someTime();
  end('dies-saving');
  for (const palm of palms) test.equal(await w.identified('t1', palm), palm.palmId);
  await w.matcher.rewrite('t1', 2);
  test.equal(w.matcher.unsaved(), 0);
  test.same(files(), ['t1.shard']);
});

t.test('a file that takes its worker along is given up, and its neighbours live on', async (test) => {
  const { w, begin } = world(test);
  const palm = makePalm(w.fraction, 0);
  for (const tenant of ['t1', 't2']) {
    await w.enrol(tenant, palm);
    await w.matcher.rewrite(tenant, 1);
  }
  await w.again();
  test.equal(await w.identified('t2', palm), palm.palmId);
  begin('dies-loading');
  await test.rejects(w.matcher.identify('t1', w.probe(palm), soon()), { code: 'unavailable' });
  // It is loaded again by itself: after so many workers from the log alone.
  for (const tenant of ['t1', 't2']) {
    let found: string | undefined;
    while (found === undefined) found = await w.identified(tenant, palm).catch(() => undefined);
    test.equal(found, palm.palmId);
  }
  test.equal(w.matcher.workers()[0]!.restarts, limits.shard_load_attempts);
});
