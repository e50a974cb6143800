/** Error rates of the palm matcher (ISO/IEC 19795-1), on a folder of palms or on generated ones. */
import { decide } from '../../engine/palm/decide.ts';
import { defaultThresholds } from '../../engine/palm/thresholds.ts';
import { scenario } from '../harness/scenario.ts';
import { corpusComparison, extractCorpus } from './corpus.ts';
import { detPlot, keepAcquisition, keepIdentification, keepProtocol } from './figures.ts';
import { identification } from './identification.ts';
import { allPairs, type Decide, enrolled } from './protocols.ts';
import { imageSource, presets } from './source.ts';
import { summarise } from './summary.ts';

/** FPIR at which FNIR is reported. */
const fpirTargets: readonly number[] = [0.1, 0.01, 0.001];

export const accuracy = scenario({
  name: 'accuracy',
  summary: 'error rates in per cent with 95 % intervals, on a folder of palms or on generated ones',
  baseline:
    'none: error rates of generated palms compare versions of the matcher and say nothing about real hands',
  parameters: {
    palms: { what: 'generated palms', full: 100, quick: 30, least: 2 },
    samples: { what: 'images of each generated palm', full: 9, quick: 6, least: 2 },
    enrol: { what: 'first images of each palm that are enrolled', full: 3, quick: 3 },
    bootstrap: { what: 'rounds of the bootstrap over palms', full: 300, quick: 50 },
  },
  texts: {
    dataset: { what: 'folder of <palm>/<sample>.png or .pgm, in place of generated palms' },
    synthetic: { what: 'how hard the generated palms are: hard, unless normal is given', oneOf: presets },
  },
  // The trial's figures on 100 real palms, no image discarded. Generated palms are easier, so these are the least.
  goals: [
    { of: 'single.eer', most: 0.45, text: 'EER within the 0.45 % that a trial reached on real palms' },
    {
      of: 'single.fnmr-1e-4',
      most: 0.94,
      text: 'FNMR at FMR 0.01 % within the 0.94 % that a trial reached on real palms',
    },
  ],
  async run(bench) {
    const { enrol, bootstrap, palms, samples } = bench.values;
    const source = imageSource(bench.texts, { palms, samples, seed: bench.seed });
    bench.fact('source', source.description);
    bench.fact('thresholds', `shipped version ${defaultThresholds.version}`);
    const corpus = extractCorpus(source.images, (line) => bench.say(`  ${line}`));
    keepAcquisition(bench, corpus, enrol);
    const compare = corpusComparison(corpus);
    const decideShipped: Decide = (comparison, policy) => decide(comparison, defaultThresholds, policy);
    const single = allPairs(corpus, compare, decideShipped);
    const best = enrolled(corpus, enrol, compare, decideShipped);
    const protocols = [single, best.protocol].filter(({ ranked }) => ranked.genuineCount > 0);
    for (const protocol of protocols) {
      keepProtocol(bench, protocol, summarise(protocol, bootstrap, bench.seed), bootstrap);
    }
    const searched = identification(best.rows, best.gallery, fpirTargets);
    if (searched.matedSearches > 0) keepIdentification(bench, searched);
    bench.plot(detPlot(source.description, protocols, searched));
    if (source.generated) bench.say('  Generated palms understate error rates; never quote these as real.');
  },
});
