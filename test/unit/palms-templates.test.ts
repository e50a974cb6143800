import { createHash } from 'node:crypto';
import t from 'tap';
import { quantile } from '../../bench/harness/statistics.ts';
import { distributionDistance, generatedProbes, renderedProbes, scoreSets } from '../../bench/palms/fit.ts';
import { generateTemplate, templateGallery, templateModel } from '../../bench/palms/templates.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';

t.test(
  'generated templates repeat, differ by palm, hand and sample, and pass the engine’s own checks',
  async (t) => {
    const digest = (identity: number, hand: 'left' | 'right', sample: number): string =>
      createHash('sha256')
        .update(encodeTemplate(generateTemplate({ seed: 4, identity, hand, sample })))
        .digest('hex');
    const first = digest(1, 'right', 0);
    t.not(digest(1, 'right', 1), first);
    t.not(digest(1, 'left', 0), first);
    t.not(digest(2, 'right', 0), first);
    t.equal(digest(1, 'right', 0), first);
  },
);

t.test('a gallery goes palm after palm, and its entries are those asked for one by one', async (t) => {
  const entries = [...templateGallery({ seed: 4, palms: 3, samples: 2 })];
  t.same(
    entries.map(({ identity, hand, sample }) => `${identity} ${hand} ${sample}`),
    ['0 right 0', '0 right 1', '1 left 0', '1 left 1', '2 right 0', '2 right 1'],
  );
  for (const { template, ...request } of entries) {
    t.same(generateTemplate({ seed: 4, ...request }), template);
  }
});

t.test('generated scores are distributed as those of rendered hard palms', async (t) => {
  // Seeds the fit never saw. The bounds leave room for what 70 palms of chance add to the fit's own distances.
  const rendered = scoreSets(renderedProbes(60_001, 70, 3), 3);
  const generated = scoreSets(generatedProbes(templateModel(), 60_002, 70, 3), 3);
  const bounds = { genuine: 0.2, impostor: 0.12, genuineCosine: 0.25, impostorCosine: 0.15 } as const;
  for (const kind of ['genuine', 'impostor', 'genuineCosine', 'impostorCosine'] as const) {
    const distance = distributionDistance(rendered[kind], generated[kind]);
    t.ok(distance < bounds[kind], `${kind}: Kolmogorov-Smirnov distance ${distance.toFixed(3)}`);
  }
  for (const p of [0.5, 0.99, 0.999]) {
    const difference = quantile(rendered.impostor, p) - quantile(generated.impostor, p);
    t.ok(Math.abs(difference) < 0.012, `impostor quantile ${p} differs by ${difference.toFixed(4)}`);
  }
});

t.test('the distance of distributions is 0 of equal ones and 1 of separate ones', async (t) => {
  t.equal(distributionDistance([1, 2, 3], [3, 2, 1]), 0);
  t.equal(distributionDistance([1, 2], [3, 4]), 1);
  t.equal(distributionDistance([1, 3], [2, 3]), 0.5);
});
