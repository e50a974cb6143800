import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { rawScoreCount } from '../../engine/palm/compare.ts';
import { type Corpus, corpusArena, extractCorpus } from '../accuracy/corpus.ts';
import { imagesAsked } from '../accuracy/source.ts';
import { UsageError } from '../harness/command.ts';
import { machine, versions } from '../harness/machine.ts';
import { resultPath } from '../harness/result.ts';
import { percent } from '../harness/scale.ts';
import { quantile } from '../harness/statistics.ts';
import { say, type Tool, type ToolOptions } from '../tools.ts';

/** Raw similarities of every pair of a corpus, `rawScoreCount` numbers a pair, the fused one last. */
interface RawPairs {
  readonly genuine: Float64Array;
  readonly impostor: Float64Array;
}

/** Raw thresholds, one a score, and the fused one. A pair matches at or above them. */
export interface RawThresholds {
  readonly scores: readonly number[];
  readonly fused: number;
}

interface Figures {
  readonly palms: number;
  readonly genuinePairs: number;
  readonly impostorPairs: number;
  readonly allThresholds: { readonly fnmr: number; readonly fmr: number };
  readonly fused: { readonly fnmr: number; readonly fmr: number };
}

/** All pairs of one half of the palms, or of all (null). Halves go by pairs of palms, so that both have both hands. */
function rawPairs(corpus: Corpus, remainder: 0 | 1 | null): RawPairs {
  const { arena, slots } = corpusArena(corpus);
  const chosen = corpus.samples.flatMap(({ subject }, index) =>
    remainder === null || (subject >> 1) % 2 === remainder ? [index] : [],
  );
  let genuine = 0;
  chosen.forEach((later, at) => {
    for (let back = 0; back < at; back++) {
      if (corpus.samples[later]!.subject === corpus.samples[chosen[back]!]!.subject) genuine++;
    }
  });
  const total = (chosen.length * (chosen.length - 1)) / 2;
  const pairs = {
    genuine: new Float64Array(genuine * rawScoreCount),
    impostor: new Float64Array((total - genuine) * rawScoreCount),
  };
  const at = { genuine: 0, impostor: 0 };
  for (let later = 1; later < chosen.length; later++) {
    const probe = corpus.samples[chosen[later]!]!;
    for (let earlier = 0; earlier < later; earlier++) {
      const kind = probe.subject === corpus.samples[chosen[earlier]!]!.subject ? 'genuine' : 'impostor';
      arena.compareRaw(probe.probe, slots[chosen[earlier]!]!, pairs[kind], at[kind]);
      at[kind] += rawScoreCount;
    }
  }
  return pairs;
}

/**
 * Thresholds from the impostor side: the (1 - p) quantile of each score's impostors, and for the fused score the
 * quantile that lets `fmr` of them pass. Thresholds from genuine quantiles reject far too many.
 * Without `p`, the largest p whose ten thresholds together let no more than `fmr` of the impostors pass: scores
 * that hang together need a smaller p than independent ones.
 */
export function impostorThresholds(
  impostor: Float64Array,
  fmr: number,
  p?: number,
): RawThresholds & { readonly p: number } {
  const pairs = impostor.length / rawScoreCount;
  const sorted = Array.from({ length: rawScoreCount }, (_, score) =>
    Float64Array.from({ length: pairs }, (_, pair) => impostor[pair * rawScoreCount + score]!).sort(),
  );
  const at = (share: number): number[] =>
    sorted.slice(0, -1).map((column) => column[Math.min(pairs - 1, Math.floor((1 - share) * pairs))]!);
  const fused = quantile(sorted.at(-1)!, 1 - fmr);
  if (p !== undefined) return { scores: at(p), fused, p };
  let [low, high] = [0, 0.5];
  for (let step = 0; step < 24; step++) {
    const middle = (low + high) / 2;
    if (passingShares(impostor, { scores: at(middle), fused }).all <= fmr) low = middle;
    else high = middle;
  }
  return { scores: at(low), fused, p: low };
}

function passingShares(pairs: Float64Array, thresholds: RawThresholds): { all: number; fused: number } {
  let [all, fused] = [0, 0];
  for (let at = 0; at < pairs.length; at += rawScoreCount) {
    if (thresholds.scores.every((threshold, score) => pairs[at + score]! >= threshold)) all++;
    if (pairs[at + rawScoreCount - 1]! >= thresholds.fused) fused++;
  }
  const count = pairs.length / rawScoreCount;
  return { all: all / count, fused: fused / count };
}

function figures(palms: number, pairs: RawPairs, thresholds: RawThresholds): Figures {
  const genuine = passingShares(pairs.genuine, thresholds);
  const impostor = passingShares(pairs.impostor, thresholds);
  return {
    palms,
    genuinePairs: pairs.genuine.length / rawScoreCount,
    impostorPairs: pairs.impostor.length / rawScoreCount,
    allThresholds: { fnmr: 1 - genuine.all, fmr: impostor.all },
    fused: { fnmr: 1 - genuine.fused, fmr: impostor.fused },
  };
}

function shareOption(options: ToolOptions, name: string, otherwise: number): number {
  const given = options[name];
  const value = given === undefined ? otherwise : Number(given);
  if (!(value > 0 && value < 1)) throw new UsageError(`--${name} wants a number between 0 and 1`);
  return value;
}

export const calibrate: Tool = {
  name: 'calibrate',
  summary:
    'thresholds from the impostors of a folder (--dataset DIR) or of generated palms, with their figures',
  async run(options) {
    const source = imagesAsked(options);
    const p = options.p === undefined ? undefined : shareOption(options, 'p', 0.1);
    const fmr = shareOption(options, 'fmr', 1e-5);
    say(`calibration on ${source.description}`);
    const corpus = extractCorpus(source.images, say);
    const held = rawPairs(corpus, 1);
    const chosenOnHalf = impostorThresholds(rawPairs(corpus, 0).impostor, fmr, p);
    const heldOut = figures(Math.floor(corpus.palms.length / 2), held, chosenOnHalf);
    const all = rawPairs(corpus, null);
    const thresholds = impostorThresholds(all.impostor, fmr, p);
    const onAll = figures(corpus.palms.length, all, thresholds);
    const scores = thresholds.scores.map((value) => value.toFixed(4)).join(' ');
    say(`raw thresholds  ${scores}  (p = ${Number(thresholds.p.toPrecision(3))})`);
    say(`raw fused       ${thresholds.fused.toFixed(4)}  (FMR ${fmr})`);
    for (const [name, set] of [
      ['held out: chosen on one half of the palms, measured on the other', heldOut],
      ['on all palms', onAll],
    ] as const) {
      say(`${name} (${set.palms} palms, ${set.genuinePairs} genuine, ${set.impostorPairs} impostor pairs)`);
      say(`  all_thresholds  FNMR ${percent(set.allThresholds.fnmr)}, FMR ${percent(set.allThresholds.fmr)}`);
      say(`  fused           FNMR ${percent(set.fused.fnmr)}, FMR ${percent(set.fused.fmr)}`);
    }
    if (source.generated) say('Generated palms understate error rates; calibrate on real ones.');
    const path = resultPath(`calibration-${source.label}`);
    const taken = { machine: machine(), versions: versions([]), takenAt: new Date().toISOString() };
    const kept = { ...taken, source: source.description, fmr, raw: thresholds, heldOut, onAll };
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(kept, null, 2)}\n`);
    say(path);
  },
};
