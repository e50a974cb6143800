import { mkdirSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { assetPath } from '../engine/asset.ts';
import { decide } from '../engine/palm/decide.ts';
import { defaultThresholds } from '../engine/palm/thresholds.ts';
import { type Corpus, corpusComparison, extractCorpus } from './accuracy/corpus.ts';
import { type Identification, identification } from './accuracy/identification.ts';
import { allPairs, type Decide, enrolled, type Protocol } from './accuracy/protocols.ts';
import { detPoints } from './accuracy/rates.ts';
import { summarise, summaryLines } from './accuracy/summary.ts';
import { type LabelledImage, readDataset, syntheticDataset, writeDataset } from './palms/dataset.ts';
import type { PalmPreset } from './palms/render.ts';
import { type BenchOptions, integerOption, type Scenario, say, writeResult } from './report.ts';
import { percent, rateTicks, renderPlot } from './svg.ts';

/** FPIR at which FNIR is reported. */
const fpirTargets: readonly number[] = [0.1, 0.01, 0.001];

/** Where the images come from, and what the result files are called. */
export interface ImageSource {
  readonly label: string;
  readonly description: string;
  readonly images: LabelledImage[];
}

/**
 * The images that `--dataset DIR`, or `--synthetic normal|hard` with `--palms`, `--samples` and `--seed`, name.
 * @throws Error on an unknown preset; ThenarError when the folder holds no two palms.
 */
export function imageSource(options: BenchOptions): ImageSource {
  if (typeof options.dataset === 'string') {
    const images = readDataset(options.dataset);
    return { label: 'dataset', description: `${images.length} images of ${options.dataset}`, images };
  }
  const preset = options.synthetic ?? 'hard';
  if (preset !== 'normal' && preset !== 'hard') throw new Error('--synthetic wants normal or hard');
  const set = {
    seed: integerOption(options, 'seed', 1),
    palms: integerOption(options, 'palms', 100),
    samples: integerOption(options, 'samples', 9),
    preset: preset as PalmPreset,
  };
  return {
    label: `synthetic-${preset}`,
    description: `${set.palms} synthetic palms x ${set.samples}, preset ${preset}, seed ${set.seed}`,
    images: syntheticDataset(set),
  };
}

export const accuracy: Scenario = {
  name: 'accuracy',
  summary: 'error rates on a folder of palms (--dataset DIR) or synthetic ones (--synthetic normal|hard)',
  async run(options: BenchOptions): Promise<void> {
    const source = imageSource(options);
    if (typeof options.export === 'string') {
      say(`wrote ${writeDataset(options.export, source.images)} images to ${options.export}`);
      return;
    }
    const seed = integerOption(options, 'seed', 1);
    const rounds = integerOption(options, 'bootstrap', 300);
    const enrol = integerOption(options, 'enrol', 3);
    say(`accuracy on ${source.description}`);
    const started = performance.now();
    const corpus = extractCorpus(source.images);
    const extracted = performance.now();
    const compare = corpusComparison(corpus);
    const decideShipped: Decide = (comparison, policy) => decide(comparison, defaultThresholds, policy);
    const single = allPairs(corpus, compare, decideShipped);
    const best = enrolled(corpus, enrol, compare, decideShipped);
    const searched = identification(best.rows, best.gallery, fpirTargets);
    const compared = performance.now();
    const protocols = [single, best.protocol];
    const summaries = protocols.map((protocol) => summarise(protocol, rounds, seed));
    const acquisition = acquisitionRates(corpus, enrol);

    say(acquisitionLine(acquisition));
    for (const summary of summaries) for (const line of summaryLines(summary)) say(line);
    for (const line of identificationLines(searched)) say(line);
    say(
      `extraction ${((extracted - started) / corpus.samples.length).toFixed(2)} ms an image with reading; ` +
        `all comparisons ${((compared - extracted) / 1000).toFixed(1)} s`,
    );
    if (source.label !== 'dataset') say('Synthetic palms understate error rates; never quote these as real.');
    const plot = writePlot(source, protocols, searched);
    const result = writeResult(`accuracy-${source.label}`, {
      source: source.description,
      enrol,
      bootstrapRounds: rounds,
      thresholdVersion: defaultThresholds.version,
      acquisition,
      protocols: summaries,
      identification: searched,
      det: Object.fromEntries(protocols.map((protocol) => [protocol.name, detPoints(protocol.ranked, 80)])),
    });
    say(`${result}\n${plot}`);
  },
};

interface Acquisition {
  readonly images: number;
  readonly unreadable: number;
  /** Images the quality gate would refuse; they take part in every rate above all the same. */
  readonly poor: number;
  readonly failureToAcquire: number;
  readonly palms: number;
  /** Palms of which fewer than the enrolment's number of samples pass the gate. */
  readonly failureToEnrol: number;
}

function acquisitionRates(corpus: Corpus, enrol: number): Acquisition {
  const good = corpus.palms.map(() => 0);
  for (const sample of corpus.samples) if (!sample.poor) good[sample.subject]!++;
  const images = corpus.samples.length + corpus.unreadable;
  const poor = corpus.samples.filter((sample) => sample.poor).length;
  return {
    images,
    unreadable: corpus.unreadable,
    poor,
    failureToAcquire: (poor + corpus.unreadable) / images,
    palms: corpus.palms.length,
    failureToEnrol: good.filter((count) => count < enrol).length / corpus.palms.length,
  };
}

function acquisitionLine(acquisition: Acquisition): string {
  const { images, unreadable, poor, failureToAcquire, failureToEnrol } = acquisition;
  return (
    `${images} images, ${unreadable} unreadable, ${poor} below the quality gate (counted below all the same): ` +
    `FTA ${percent(failureToAcquire)}, FTE ${percent(failureToEnrol)}`
  );
}

function identificationLines(searched: Identification): string[] {
  return [
    `1:N, gallery of ${searched.gallery} palms, ${searched.matedSearches} mated and as many non-mated searches`,
    `  rank one ${percent(searched.rankOne)}`,
    ...searched.points.map(({ fpir, fnir }) => `  FNIR at FPIR ${percent(fpir).padEnd(20)} ${percent(fnir)}`),
  ];
}

/** DET curves of both protocols and of identification, beside each other. */
function writePlot(source: ImageSource, protocols: readonly Protocol[], searched: Identification): string {
  const axis = { scale: 'deviate', from: 2e-6, to: 0.4, ticks: rateTicks, format: percent } as const;
  const svg = renderPlot({
    title: 'Detection error trade-off',
    subtitle: source.description,
    x: { ...axis, label: 'false match rate (1:N: false positive identification rate)' },
    y: { ...axis, from: 1e-5, label: 'false non-match rate (1:N: FNIR)' },
    diagonal: true,
    series: [
      ...protocols.map((protocol) => ({
        name: `1:1 ${protocol.name === 'single' ? 'sample to sample' : protocol.name}`,
        points: detPoints(protocol.ranked).map(([fmr, fnmr]) => [fmr, Math.max(fnmr, 1e-6)] as const),
      })),
      {
        name: `1:N among ${searched.gallery} palms`,
        points: searched.curve.map(([fpir, fnir]) => [fpir, Math.max(fnir, 1e-6)] as const),
        dashed: true,
      },
    ],
  });
  const folder = assetPath('bench', 'results');
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/accuracy-${source.label}.svg`;
  writeFileSync(path, svg);
  return path;
}
