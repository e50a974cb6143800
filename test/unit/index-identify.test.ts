import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { probeOf } from '../../engine/palm/template.ts';
import { makePalm, seeded, TestLog, testShard, unitVector } from '../support/shard.ts';

t.test('a palm beyond the shortlist is found when nobody on it stands out', async (test) => {
  const fraction = seeded(11);
  const { shard } = testShard(1_000);
  const log = new TestLog();
  const wanted = makePalm(fraction, 0);
  shard.apply(log.add(wanted));
  // Strangers whose search vectors happen to lie nearer to the scan than its own palm does.
  const towards = unitVector(fraction);
  for (let i = 1; i <= limits.shortlist * 2; i++) {
    const stranger = makePalm(fraction, i * 2);
    const templates = stranger.templates.map((template) => ({
      ...template,
      vector: unitVector(fraction, towards, 0.2),
    }));
    shard.apply(log.add({ ...stranger, templates }));
  }
  const probe = probeOf({ vector: towards, code: wanted.templates[0]!.code });
  const shortlist = shard.shortlist('left', towards).map((palm) => palm.palmId);
  test.notOk(shortlist.includes(wanted.palmId), 'its own palm is not on the shortlist');
  const found = shard.identify('left', towards, probe);
  test.equal(found[0]?.palmId, wanted.palmId);
  test.ok(found.length <= limits.shortlist);
});
