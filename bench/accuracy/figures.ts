/** What a run of `accuracy` keeps: rates in per cent, each with its 95 % interval as the spread. */
import type { Bench } from '../harness/bench.ts';
import type { PlotData } from '../harness/plot.ts';
import { percent } from '../harness/scale.ts';
import { asPercent } from './bootstrap.ts';
import type { Corpus } from './corpus.ts';
import type { Identification } from './identification.ts';
import { type Protocol, policies } from './protocols.ts';
import { detPoints } from './rates.ts';
import type { CountedRate, ProtocolSummary } from './summary.ts';

/**
 * Failures to acquire (unreadable, or refused by the quality gate) and to enrol (fewer good samples than an
 * enrolment takes). Poor images take part in every other rate all the same.
 */
export function keepAcquisition(bench: Bench, corpus: Corpus, enrol: number): void {
  const { palms, samples, unreadable } = corpus;
  const good = palms.map(() => 0);
  for (const sample of samples) if (!sample.poor) good[sample.subject]! += 1;
  const images = samples.length + unreadable;
  const poor = samples.filter((sample) => sample.poor).length;
  const toEnrol = good.filter((count) => count < enrol).length;
  bench.fact('palms', palms.length);
  bench.fact('images', `${images}: ${unreadable} unreadable, ${poor} below the quality gate`);
  bench.figure('fta', 'failure to acquire', '%', 'thenar', [(100 * (poor + unreadable)) / images]);
  bench.figure('fte', 'failure to enrol', '%', 'thenar', [(100 * toEnrol) / palms.length]);
}

/** EER, FNMR at each FMR, and the errors at the shipped thresholds. @param rounds of the bootstrap */
export function keepProtocol(
  bench: Bench,
  { name, title }: Protocol,
  summary: ProtocolSummary,
  rounds: number,
): void {
  const { subjects, genuinePairs, impostorPairs } = summary;
  bench.fact(
    `${title}: comparisons`,
    `${subjects} palms, ${genuinePairs} genuine, ${impostorPairs} impostor`,
  );
  bench.figure(`${name}.eer`, `${title}: EER`, '%', 'thenar', asPercent(summary.eer, rounds));
  for (const point of summary.fnmrAtFmr) {
    const { fmr, aboveAll } = point;
    const beyond = aboveAll ? ' (above every impostor seen)' : '';
    const what = `${title}: FNMR at FMR ${percent(fmr)}${beyond}`;
    bench.figure(`${name}.fnmr-${fmr.toExponential(0)}`, what, '%', 'thenar', asPercent(point, rounds));
  }
  for (const policy of policies) {
    for (const kind of ['fnmr', 'fmr'] as const) {
      const rate = summary.atPolicy[policy][kind];
      const what = `${title}: ${kind.toUpperCase()} at shipped thresholds, ${policy}`;
      bench.figure(`${name}.${policy}.${kind}`, what, '%', 'thenar', asPercent(rate, rounds));
      bench.fact(`${what}, errors`, errorsOf(rate));
    }
  }
}

/** `44 of 3600`; of no error at all, what it shows with 95 % confidence. */
function errorsOf({ errors, comparisons, boundAt95 }: CountedRate): string {
  const bound = boundAt95 === null ? '' : `: below ${percent(boundAt95)} (3/n)`;
  return `${errors} of ${comparisons}${bound}`;
}

export function keepIdentification(bench: Bench, searched: Identification): void {
  const { gallery, matedSearches, rankOne, points } = searched;
  bench.fact('1:N', `gallery of ${gallery} palms, ${matedSearches} mated and as many non-mated searches`);
  bench.figure('rank-one', '1:N: rank one', '%', 'thenar', [rankOne * 100]);
  for (const { fpir, fnir } of points) {
    const title = `1:N: FNIR at FPIR ${percent(fpir)}`;
    bench.figure(`fnir-${fpir.toExponential(0)}`, title, '%', 'thenar', [fnir * 100]);
  }
}

/** Points of a curve that the result file keeps. */
const CURVE_POINTS = 80;

/** DET curves of the protocols and of identification. Normal deviates have no place for an error rate of zero. */
export function detPlot(
  subtitle: string,
  protocols: readonly Protocol[],
  { gallery, curve }: Identification,
): PlotData {
  const series = (name: string, curve: readonly (readonly [number, number])[]) => {
    const points = curve.filter(([across, down]) => across > 0 && down > 0);
    return { name: points.length === 0 ? `${name}: no error seen` : name, points };
  };
  return {
    title: 'Detection error trade-off',
    subtitle,
    x: { label: 'false match rate (1:N: false positive identification rate)', scale: 'deviate' },
    y: { label: 'false non-match rate (1:N: FNIR)', scale: 'deviate' },
    diagonal: true,
    series: [
      ...protocols.map(({ title, ranked }) => series(`1:1 ${title}`, detPoints(ranked, CURVE_POINTS))),
      { ...series(`1:N among ${gallery} palms`, curve), dashed: true },
    ],
  };
}
