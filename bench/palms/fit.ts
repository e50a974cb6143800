import { writeFileSync } from 'node:fs';
import { CodeArena, rawScoreCount } from '../../engine/palm/compare.ts';
import { extractProbe, extractRaw, uprightTurn } from '../../engine/palm/extract.ts';
import { vectorLength } from '../../engine/palm/sizes.ts';
import { probeOf } from '../../engine/palm/template.ts';
import type { Hand, PalmProbe } from '../../engine/palm/types.ts';
import { rawLength, shippedProjection } from '../../engine/palm/vector.ts';
import { quantile } from '../harness/statistics.ts';
import { integerOption, say, type Tool } from '../tools.ts';
import { SeededRandom } from './random.ts';
import { renderPalm } from './render.ts';
import {
  type CodeModel,
  generateCode,
  generateVector,
  type TemplateModel,
  templateModel,
  templateModelPath,
  type VectorModel,
} from './templates.ts';

/** Scores of one set of palms, unsorted. */
export interface ScoreSets {
  readonly genuine: number[];
  readonly impostor: number[];
  readonly genuineCosine: number[];
  readonly impostorCosine: number[];
}

const hand: Hand = 'right';

/** All scores within a set of probes, `samples` in a row of each palm; each pair once. Fused scores are raw. */
export function scoreSets(probes: readonly PalmProbe[], samples: number): ScoreSets {
  const arena = new CodeArena();
  const raw = new Float64Array(rawScoreCount);
  const sets: ScoreSets = { genuine: [], impostor: [], genuineCosine: [], impostorCosine: [] };
  const slots = probes.map((probe) => {
    const slot = arena.allocate();
    arena.set(slot, probe.codes[uprightTurn]!);
    return slot;
  });
  for (let later = 1; later < probes.length; later++) {
    const probe = probes[later]!;
    for (let earlier = 0; earlier < later; earlier++) {
      const same = Math.floor(later / samples) === Math.floor(earlier / samples);
      arena.compareRaw(probe, slots[earlier]!, raw, 0);
      sets[same ? 'genuine' : 'impostor'].push(raw[rawScoreCount - 1]!);
      sets[same ? 'genuineCosine' : 'impostorCosine'].push(dot(probe.vector, probes[earlier]!.vector));
    }
  }
  return sets;
}

/** Probes of rendered hard-preset palms, right hands, as one shard would hold them. */
export function renderedProbes(seed: number, palms: number, samples: number): PalmProbe[] {
  return Array.from({ length: palms * samples }, (_, index) =>
    extractProbe(
      renderPalm({
        seed,
        identity: Math.floor(index / samples),
        hand,
        sample: index % samples,
        preset: 'hard',
      }),
    ),
  );
}

/** Probes of generated palms under a model. */
export function generatedProbes(
  model: TemplateModel,
  seed: number,
  palms: number,
  samples: number,
): PalmProbe[] {
  return Array.from({ length: palms * samples }, (_, index) => {
    const request = { seed, identity: Math.floor(index / samples), hand, sample: index % samples };
    return probeOf({
      vector: generateVector(request, model.vector),
      code: generateCode(request, model.code),
    });
  });
}

/** Quantiles that the fit weighs: of impostors the upper tail, of genuine scores the lower one. */
const impostorShares = [0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999] as const;
const genuineShares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95] as const;

function codeCost(target: ScoreSets, found: ScoreSets): number {
  let cost = 0;
  for (const p of impostorShares) {
    cost += (quantile(target.impostor, p) - quantile(found.impostor, p)) ** 2;
  }
  for (const p of genuineShares) cost += (quantile(target.genuine, p) - quantile(found.genuine, p)) ** 2 / 2;
  return cost * 1e6;
}

/** Components of the projected vector before unit length, palm by palm. */
function projections(seed: number, palms: number, samples: number, side: Hand): Float64Array[][] {
  const matrix = shippedProjection();
  return Array.from({ length: palms }, (_, identity) =>
    Array.from({ length: samples }, (_, sample) => {
      const { raw } = extractRaw(renderPalm({ seed, identity, hand: side, sample, preset: 'hard' }));
      const out = Float64Array.from(matrix.subarray(rawLength * vectorLength));
      for (let from = 0; from < rawLength; from++) {
        for (let to = 0; to < vectorLength; to++) out[to]! += raw[from]! * matrix[from * vectorLength + to]!;
      }
      return out;
    }),
  );
}

function fitVector(target: ScoreSets, seed: number, palms: number, samples: number): VectorModel {
  const sides = (['right', 'left'] as const).map((side) => projections(seed, palms, samples, side));
  const mean = (vectors: readonly Float64Array[], at: number): number =>
    vectors.reduce((sum, vector) => sum + vector[at]!, 0) / vectors.length;
  const model = { hand: [] as number[], between: [] as number[], within: [] as number[] };
  for (let at = 0; at < vectorLength; at++) {
    const means = sides.map((set) => set.map((vectors) => mean(vectors, at)));
    const centres = means.map((values) => values.reduce((sum, value) => sum + value, 0) / palms);
    let [within, between] = [0, 0];
    sides.forEach((set, side) => {
      set.forEach((vectors, palm) => {
        between += (means[side]![palm]! - centres[side]!) ** 2 / (2 * (palms - 1));
        for (const vector of vectors) within += (vector[at]! - means[side]![palm]!) ** 2;
      });
    });
    within /= 2 * palms * (samples - 1);
    model.hand.push(rounded((centres[0]! - centres[1]!) / 2));
    // A mean of few samples carries a part of their own deviation.
    model.between.push(rounded(Math.sqrt(Math.max(0, between - within / samples))));
    model.within.push(rounded(Math.sqrt(within)));
  }
  return fitSpreads(target, { ...model, palmSpread: 0, sampleSpread: 0 });
}

/**
 * The two spreads, and a factor on the deviation between samples, whose generated cosines come closest to the
 * rendered ones, over a grid. The factor makes up for components that are not quite independent.
 */
function fitSpreads(target: ScoreSets, model: VectorModel): VectorModel {
  let best = model;
  let least = Number.POSITIVE_INFINITY;
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const;
  for (let trial = 0; trial < 7 * 7 * 7; trial++) {
    const tried: VectorModel = {
      ...model,
      within: model.within.map((value) => rounded(value * (0.82 + 0.03 * (trial % 7)))),
      palmSpread: rounded(0.05 * (Math.floor(trial / 7) % 7)),
      sampleSpread: rounded(0.05 * Math.floor(trial / 49)),
    };
    const cosines: number[] = [];
    for (let identity = 0; identity < 300; identity++) {
      const vectors = [0, 1, 2].map((sample) => generateVector({ seed: 19, identity, hand, sample }, tried));
      for (const [left, right] of pairs) cosines.push(dot(vectors[left]!, vectors[right]!));
    }
    // The lower tail decides whether a search finds its palm, so it counts beside the whole distribution.
    const tail = Math.abs(quantile(cosines, 0.02) - quantile(target.genuineCosine, 0.02));
    const cost = distributionDistance(target.genuineCosine, cosines) + tail;
    if (cost >= least) continue;
    least = cost;
    best = tried;
  }
  return best;
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += left[index]! * right[index]!;
  return sum;
}

function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

const startingPoint: CodeModel = {
  parts: 2,
  shared: 0.52,
  sharedSpread: 0.13,
  noise: 0.32,
  noiseSpread: 0.13,
  elastic: 1.2,
  pose: 0.8,
  zoom: 1.1,
};

/** Random search that narrows: each step changes some parameters by a factor and keeps what fits better. */
function fitCode(target: ScoreSets, vector: VectorModel, steps: number): CodeModel {
  const cost = (code: CodeModel): number =>
    codeCost(target, scoreSets(generatedProbes({ code, vector }, 17, 150, 3), 3));
  const random = new SeededRandom(2_025);
  let best = startingPoint;
  let least = cost(best);
  for (let step = 0; step < steps; step++) {
    const reach = 0.35 * 0.97 ** step;
    const vary = (value: number): number =>
      random.uniform() < 0.5 ? value : rounded(value * Math.exp(random.gaussian(reach)));
    const tried: CodeModel = {
      parts: random.uniform() < 0.25 ? 2 + random.below(4) : best.parts,
      shared: vary(best.shared),
      sharedSpread: vary(best.sharedSpread),
      noise: vary(best.noise),
      noiseSpread: vary(best.noiseSpread),
      elastic: vary(best.elastic),
      pose: vary(best.pose),
      zoom: vary(best.zoom),
    };
    const found = cost(tried);
    if (found >= least) continue;
    least = found;
    best = tried;
    say(`step ${step}: cost ${found.toFixed(1)}  ${JSON.stringify(best)}`);
  }
  return best;
}

/** Largest vertical distance of two empirical distribution functions (Kolmogorov-Smirnov). */
export function distributionDistance(left: readonly number[], right: readonly number[]): number {
  const a = Float64Array.from(left).sort();
  const b = Float64Array.from(right).sort();
  let [i, j, largest] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const at = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! <= at) i++;
    while (j < b.length && b[j]! <= at) j++;
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  return largest;
}

export const fitTemplates: Tool = {
  name: 'fit-templates',
  summary:
    'fit the template-level generator to rendered hard palms again (writes bench/palms/data/templates.json)',
  async run(options) {
    say('rendering the palms to fit');
    const target = scoreSets(renderedProbes(50_001, 250, 3), 3);
    const vector = fitVector(target, 50_002, 400, 4);
    // The code takes most of the time; `--steps 0` keeps the parameters that are there.
    const steps = integerOption(options, 'steps', 60);
    const code = steps === 0 ? templateModel().code : fitCode(target, vector, steps);
    const model: TemplateModel = { code, vector };
    const found = scoreSets(generatedProbes(model, 50_003, 250, 3), 3);
    for (const kind of ['genuine', 'impostor', 'genuineCosine', 'impostorCosine'] as const) {
      const shares = [0.001, 0.01, 0.05, 0.5, 0.95, 0.99, 0.999];
      const line = (set: ScoreSets): string => shares.map((p) => quantile(set[kind], p).toFixed(3)).join(' ');
      say(`${kind.padEnd(15)} rendered ${line(target)}  generated ${line(found)}`);
      say(`  Kolmogorov-Smirnov distance ${distributionDistance(target[kind], found[kind]).toFixed(3)}`);
    }
    writeFileSync(templateModelPath, `${JSON.stringify(model)}\n`);
    say(`wrote ${templateModelPath}`);
  },
};
