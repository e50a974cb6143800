/** The palms whose error rates are counted: a folder of images, or generated ones. */
import { type LabelledImage, readDataset, type SyntheticSet, syntheticDataset } from '../palms/dataset.ts';
import type { PalmPreset } from '../palms/render.ts';
import { integerOption, type ToolOptions, wordOption } from '../tools.ts';

export const presets = ['normal', 'hard'] as const satisfies readonly PalmPreset[];

export interface ImageSource {
  /** `dataset`, or `synthetic-hard`. */
  readonly label: string;
  readonly description: string;
  /** Whether they were generated: their error rates say nothing about real hands. */
  readonly generated: boolean;
  readonly images: LabelledImage[];
}

interface Words {
  /** Folder of `<palm>/<sample>.png|pgm`. */
  readonly dataset?: string | undefined;
  /** `normal` or `hard`; hard when nothing is said. */
  readonly synthetic?: string | undefined;
}

/**
 * The images of a folder, or else generated ones.
 * @throws Error on an unknown preset or on both words; ThenarError when the folder holds no two palms
 */
export function imageSource({ dataset, synthetic }: Words, set: Omit<SyntheticSet, 'preset'>): ImageSource {
  if (dataset !== undefined) {
    if (synthetic !== undefined) throw new Error('--dataset and --synthetic name different palms');
    const images = readDataset(dataset);
    const description = `${images.length} images of ${dataset}`;
    return { label: 'dataset', description, generated: false, images };
  }
  const preset = presets.find((known) => known === (synthetic ?? 'hard'));
  if (preset === undefined) throw new Error(`--synthetic wants ${presets.join(' or ')}`);
  return {
    label: `synthetic-${preset}`,
    description: `${set.palms} generated palms × ${set.samples}, preset ${preset}, seed ${set.seed}`,
    generated: true,
    images: syntheticDataset({ ...set, preset }),
  };
}

/** The same for a tool: `--dataset DIR`, or `--synthetic normal|hard` with `--palms`, `--samples` and `--seed`. */
export function imagesAsked(options: ToolOptions): ImageSource {
  return imageSource(
    { dataset: wordOption(options, 'dataset'), synthetic: wordOption(options, 'synthetic') },
    {
      seed: integerOption(options, 'seed', 1),
      palms: integerOption(options, 'palms', 100),
      samples: integerOption(options, 'samples', 9),
    },
  );
}
