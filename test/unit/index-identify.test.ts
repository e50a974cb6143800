import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { probeOf } from '../../engine/palm/template.ts';
import { alteredCode, makePalm, seeded, TestLog, testShard, unitVector } from '../support/shard.ts';

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

t.test(
  'samples other than the nearest count, unless another palm stands out and this is no rival',
  async (test) => {
    const fraction = seeded(12);
    const towards = unitVector(fraction);
    const own = makePalm(fraction, 0);
    const stranger = makePalm(fraction, 2);
    const { code } = own.templates[0]!;
    // Shares of bits unlike the scan's; the fused score here is the share of like ones. The first sample is the nearest.
    const templates = (shares: readonly number[]) =>
      shares.map((share, i) => ({
        vector: unitVector(fraction, towards, i === 0 ? 0.1 : 0.6),
        code: alteredCode(fraction, code, share),
      }));
    const identify = (ownShares: readonly number[], strangerShares: readonly number[]) => {
      const { shard } = testShard(1_000);
      const log = new TestLog();
      shard.apply(log.add({ ...own, templates: templates(ownShares) }));
      shard.apply(log.add({ ...stranger, templates: templates(strangerShares) }));
      const probe = probeOf({ vector: towards, code });
      const claimed = shard.verify('left', [stranger.palmId], probe);
      return {
        found: shard.identify('left', towards, probe).map(({ palmId, fused }) => [palmId, fused.toFixed(1)]),
        claimed: claimed?.fused.toFixed(1),
      };
    };
    const best = [own.palmId, '0.9'];
    test.same(
      identify([0.2, 0.1, 0.15], [0.5, 0.2]),
      { found: [best, [stranger.palmId, '0.5']], claimed: '0.8' },
      'no rival; a claim is held against every sample all the same',
    );
    test.same(identify([0.2, 0.1], [0.3, 0.2]).found, [best, [stranger.palmId, '0.8']], 'a rival');
    test.same(identify([0.4, 0.1], [0.5, 0.2]).found, [best, [stranger.palmId, '0.8']], 'nobody stood out');
  },
);
