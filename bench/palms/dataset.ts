import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertIndexedToRgb, decode, encode } from 'fast-png';
import { ThenarError } from '../../engine/errors.ts';
import type { Hand } from '../../engine/palm/types.ts';
import { decodePgm } from './pgm.ts';
import { type GreyImage, type PalmPreset, renderPalm } from './render.ts';

/** One image of a labelled set; `load` reads or renders it anew each time, so that sets larger than memory work. */
export interface LabelledImage {
  readonly palm: string;
  readonly sample: string;
  load(): GreyImage;
}

/** Numbers in names count as numbers: sample 10 comes after sample 9. */
const naturalOrder = new Intl.Collator('en', { numeric: true }).compare;

/**
 * The images of `folder/<palm>/<sample>.png|pgm`, in natural order of palm and sample.
 * @throws ThenarError `validation_failed` when fewer than two palms hold images.
 */
export function readDataset(folder: string): LabelledImage[] {
  const images: LabelledImage[] = [];
  const palms = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => entry.name)
    .sort(naturalOrder);
  for (const palm of palms) {
    const files = readdirSync(join(folder, palm)).filter((name) => /\.(png|pgm)$/i.test(name));
    for (const sample of files.sort(naturalOrder)) {
      const path = join(folder, palm, sample);
      images.push({ palm, sample, load: () => readGreyImage(path) });
    }
  }
  if (new Set(images.map((image) => image.palm)).size < 2) {
    throw new ThenarError(
      'validation_failed',
      `${folder} must hold <palm>/<sample>.png or .pgm of two palms.`,
    );
  }
  return images;
}

/** A PNG of any colour type, or a PGM, as 8-bit grey. @throws ThenarError `palm_image_invalid` naming the file. */
export function readGreyImage(path: string): GreyImage {
  const bytes = readFileSync(path);
  try {
    return path.toLowerCase().endsWith('.pgm') ? decodePgm(bytes) : decodeGreyPng(bytes);
  } catch (cause) {
    throw new ThenarError('palm_image_invalid', `${path} cannot be read: ${String(cause)}`, { cause });
  }
}

function decodeGreyPng(bytes: Uint8Array): GreyImage {
  const png = decode(bytes);
  const size = png.width * png.height;
  const data = png.palette === undefined ? png.data : convertIndexedToRgb(png);
  const channels = data.length / size;
  if (!Number.isInteger(channels)) throw new Error(`bit depth ${png.depth} is not supported`);
  const divisor = png.depth === 16 ? 257 : 1;
  const pixels = new Uint8Array(size);
  for (let index = 0; index < size; index++) {
    const at = index * channels;
    const grey = channels < 3 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    pixels[index] = Math.round(grey / divisor);
  }
  return { width: png.width, height: png.height, pixels };
}

/** Writes images as `folder/<palm>/<sample>.png`, the format {@link readDataset} reads. */
export function writeDataset(folder: string, images: Iterable<LabelledImage>): number {
  let written = 0;
  for (const { palm, sample, load } of images) {
    const { width, height, pixels } = load();
    mkdirSync(join(folder, palm), { recursive: true });
    const name = sample.replace(/\.(png|pgm)$/i, '');
    const file = encode({ width, height, data: pixels, channels: 1, depth: 8 });
    writeFileSync(join(folder, palm, `${name}.png`), file);
    written++;
  }
  return written;
}

export interface SyntheticSet {
  readonly seed: number;
  readonly palms: number;
  readonly samples: number;
  readonly preset: PalmPreset;
}

/** A labelled set of synthetic palms; right and left hands in turn. */
export function syntheticDataset({ seed, palms, samples, preset }: SyntheticSet): LabelledImage[] {
  const images: LabelledImage[] = [];
  for (let identity = 0; identity < palms; identity++) {
    const hand: Hand = identity % 2 === 0 ? 'right' : 'left';
    for (let sample = 0; sample < samples; sample++) {
      images.push({
        palm: `palm-${identity + 1}`,
        sample: String(sample + 1),
        load: () => renderPalm({ seed, identity, hand, sample, preset }),
      });
    }
  }
  return images;
}
