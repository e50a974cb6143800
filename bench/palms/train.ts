import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { assetPath } from '../../engine/asset.ts';
import { extractRaw } from '../../engine/palm/extract.ts';
import { vectorLength } from '../../engine/palm/sizes.ts';
import { rawLength } from '../../engine/palm/vector.ts';
import { integerOption, say, type Tool } from '../tools.ts';
import { type Discriminant, linearDiscriminant } from './discriminant.ts';
import { type PalmPreset, renderPalm } from './render.ts';

export interface TrainingSet {
  readonly seed: number;
  readonly identities: number;
  readonly samples: number;
  readonly preset: PalmPreset;
}

/** What the shipped projection was trained on. */
export const shippedTraining: TrainingSet = {
  seed: 20_250_701,
  identities: 1_000,
  samples: 6,
  preset: 'hard',
};

/** Histograms of synthetic palms, class by class; both hands, so that neither is favoured. */
export function trainingHistograms({ seed, identities, samples, preset }: TrainingSet): Float32Array[][] {
  return Array.from({ length: identities }, (_, identity) =>
    Array.from({ length: samples }, (_, sample) => {
      const hand = identity % 2 === 0 ? 'right' : 'left';
      return extractRaw(renderPalm({ seed, identity, hand, sample, preset })).raw;
    }),
  );
}

/**
 * The file that `shippedProjection` reads: one row for each histogram value with its share of each output, and
 * one row more with the offset (minus the projected mean). The whole is scaled so that float32 keeps its digits.
 */
export function projectionMatrix({ mean, matrix, inputs, dimensions }: Discriminant): Float32Array {
  const out = new Float32Array((inputs + 1) * dimensions);
  for (let row = 0; row < dimensions; row++) {
    let offset = 0;
    for (let k = 0; k < inputs; k++) {
      const value = matrix[row * inputs + k]!;
      out[k * dimensions + row] = value;
      offset -= value * mean[k]!;
    }
    out[inputs * dimensions + row] = offset;
  }
  return out;
}

export const train: Tool = {
  name: 'train',
  summary: 'train the search projection on synthetic palms again (writes engine/palm/data/projection.f32)',
  async run(options) {
    const set = { ...shippedTraining, seed: integerOption(options, 'seed', shippedTraining.seed) };
    say(`rendering ${set.identities} identities x ${set.samples}, preset ${set.preset}, seed ${set.seed}`);
    const histograms = trainingHistograms(set);
    say(`solving the discriminant ${rawLength} -> ${vectorLength}`);
    const projection = projectionMatrix(linearDiscriminant(histograms, vectorLength));
    const path = assetPath('engine', 'palm', 'data', 'projection.f32');
    const bytes = Buffer.alloc(projection.length * 4);
    projection.forEach((value, index) => {
      bytes.writeFloatLE(value, index * 4);
    });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    say(`wrote ${path} (${bytes.length} bytes)`);
  },
};
