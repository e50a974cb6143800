import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode as decodePng } from 'fast-png';
import { decodePgm } from '../palms/pgm.ts';
import { type PalmPreset, renderPalm } from '../palms/render.ts';
import type { SentScan } from './wire.ts';

/** One capture that a simulated scanner could make. Identities and samples count from 0. */
export interface PalmShown {
  readonly identity: number;
  readonly hand: 'left' | 'right';
  readonly sample: number;
}

/** Where simulated scanners get their images. */
export interface ImageSource {
  scan(palm: PalmShown): SentScan;
}

/** Palms from the seeded generator: the same seed gives the same people. */
export function syntheticImages(options: {
  readonly seed: number;
  readonly preset?: PalmPreset;
}): ImageSource {
  const { seed, preset = 'normal' } = options;
  return {
    scan({ identity, hand, sample }) {
      const { width, height, pixels } = renderPalm({ seed, identity, hand, sample, preset });
      return { format: 'image', encoding: 'raw8', width, height, data: pixels, palm_type: hand };
    },
  };
}

/**
 * Palms from a folder `DIR/<palm>/<sample>.png|pgm`. Palms are taken in the order of their names, two an identity:
 * left, then right. Identities and samples beyond what is there begin again at the first.
 * @throws Error when the folder holds no two palms with an image each
 */
export function folderImages(folder: string): ImageSource {
  const palms = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .sort()
    .map((palm) => imagesIn(palm))
    .filter((images) => images.length > 0);
  const identities = Math.floor(palms.length / 2);
  if (identities === 0) throw new Error(`${folder} holds no two palms as <palm>/<sample>.png or .pgm`);
  return {
    scan({ identity, hand, sample }) {
      const samples = palms[2 * (identity % identities) + (hand === 'left' ? 0 : 1)]!;
      return readScan(samples[sample % samples.length]!, hand);
    },
  };
}

function imagesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.(png|pgm)$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function readScan(file: string, hand: 'left' | 'right'): SentScan {
  const bytes = readFileSync(file);
  if (file.toLowerCase().endsWith('.png')) {
    const { width, height } = decodePng(bytes);
    return { format: 'image', encoding: 'png', width, height, data: bytes, palm_type: hand };
  }
  const { width, height, pixels } = decodePgm(bytes);
  return { format: 'image', encoding: 'raw8', width, height, data: pixels, palm_type: hand };
}

/** A capture gone wrong: an evenly grey image, as of a hand held far too close. */
export function poorScan(hand: 'left' | 'right'): SentScan {
  const data = new Uint8Array(128 * 128).fill(128);
  return { format: 'image', encoding: 'raw8', width: 128, height: 128, data, palm_type: hand };
}
