/** A tenant's shard under another protection: it takes over at once, and what is on disk of the one before opens no more. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ThenarError } from '../../engine/errors.ts';
import { protectionOf, rerotation } from '../../engine/palm/protection.ts';
import type { IndexedTemplate } from '../../engine/ports.ts';
import { MatcherWorld, soon } from '../support/matcher.ts';
import { makePalm } from '../support/shard.ts';

const known = [1, 2, 3].map((n) => protectionOf(new Uint8Array(32).fill(n)));
const [first, second, third] = known as [(typeof known)[0], (typeof known)[0], (typeof known)[0]];
const byId = new Map(known.map((protection) => [protection.id, protection]));
let current = first;

/** As the engine's log does: each template under whichever protection is asked for. */
function asUnder(entry: IndexedTemplate, as: string): IndexedTemplate {
  const from = byId.get(w.protections.get(entry.palmId)!)!;
  if (entry.template === null || from.id === as) return entry;
  const { vector, code } = entry.template;
  return { ...entry, template: { vector: rerotation(from, byId.get(as)!).apply(vector), code } };
}

const w: MatcherWorld = new MatcherWorld({
  flatMax: 4,
  protectionOf: async (_, wanted) => {
    const found = wanted === null ? current : byId.get(wanted);
    if (found === undefined) throw new ThenarError('unavailable', 'There is no such protection.');
    return found;
  },
  palmLogAfter: async (tenantId, position, limit, as) => {
    w.logReads.push(tenantId);
    return w
      .log(tenantId)
      .after(position, limit)
      .map((entry) => asUnder(entry, as));
  },
});
t.teardown(() => w.matcher.close());

const people = Array.from({ length: 16 }, (_, i) => makePalm(w.fraction, i, 2));
const file = join(w.dataDir, 'shards', 't1.shard');
const isFound = async () => {
  for (const palm of people) if ((await w.identified('t1', palm)) !== palm.palmId) return palm.palmId;
  return 'everybody';
};
const end = () => w.log('t1').entries.length;
const underNow = async () => {
  const prepared = await w.matcher.prepare('t1', [w.probe(people[0]!)], soon());
  return prepared.ok ? prepared.value[0]!.protection : prepared.code;
};

t.test('it takes over while palms are matched, enrolled and erased', async (test) => {
  const [late, gone] = [people.pop()!, makePalm(w.fraction, 90)];
  for (const palm of [...people, gone]) await w.enrol('t1', palm);
  await w.matcher.rewrite('t1', end());
  test.ok(existsSync(file));
  const keysBefore = [...w.keys.keys.keys()];
  let over = false;
  const rounds: string[] = [];
  const searching = (async () => {
    do rounds.push(await isFound());
    while (!over);
  })();
  await w.matcher.prepareRenewal('t1', second.id);
  people.push(late);
  await w.enrol('t1', late);
  await w.matcher.apply('t1', w.log('t1').remove(gone));
  test.equal(await underNow(), first.id, 'until it takes over');
  current = second;
  await w.matcher.renew('t1', second.id, end());
  over = true;
  await searching;
  test.same([...new Set(rounds)], ['everybody'], `${rounds.length} rounds`);
  test.equal(await isFound(), 'everybody');
  test.not(await w.identified('t1', gone), gone.palmId);
  test.equal(await underNow(), second.id);
  test.notOk(existsSync(file), 'the file of the one before is gone');
  test.same(w.keys.destroyed, keysBefore, 'and so is its key');
  const [shard, ...others] = await w.matcher.shards();
  test.match(shard, { templates: people.length * 2, replayLag: 0 });
  test.same(others, [], 'one answers');
  const reads = w.logReads.length;
  await w.matcher.renew('t1', second.id, end());
  test.equal(w.logReads.length, reads, 'asked again, nothing is done');
});

t.test('its file serves a restart, and opens under no other protection', async (test) => {
  await w.matcher.rewrite('t1', end());
  w.logReads.length = 0;
  await w.again();
  test.equal(await isFound(), 'everybody');
  test.equal(w.logReads.length, 1, 'from the file: of the log, what follows');
  // Killed right after the exchange: the file is the one before's still.
  const keysBefore = [...w.keys.keys.keys()];
  current = third;
  await w.again();
  test.ok(existsSync(file));
  test.equal(await isFound(), 'everybody', 'from the log');
  test.equal(await underNow(), third.id);
  test.notOk(existsSync(file), 'what does not open is removed');
  test.same(w.keys.destroyed.slice(-keysBefore.length), keysBefore, 'with its key');
});

t.test('one that is prepared for nothing leaves when another is', async (test) => {
  await w.matcher.prepareRenewal('t1', first.id);
  await w.matcher.prepareRenewal('t1', second.id);
  current = second;
  await w.matcher.renew('t1', second.id, end());
  test.equal(await underNow(), second.id);
  test.equal(await isFound(), 'everybody');
  await test.rejects(w.matcher.prepareRenewal('t1', 'unknown'), { code: 'unavailable' });
  test.equal(await isFound(), 'everybody');
});
