/**
 * The quality gate: can this image hold a palm at all, and how good is it? Independent of match scores.
 * Blank, mostly black or burnt-out, heavily blurred images and plain noise fail; a poor but usable palm passes.
 */

import type { ScanRefusal } from '../ports.ts';
import { fieldSide, regionSide } from './field.ts';
import { orientations } from './sizes.ts';
import type { QualityReport } from './types.ts';

type Part = 'contrast' | 'sharpness' | 'orientation' | 'background';

/** A measured quantity becomes 0 at `zero`, 1 at `full`, and the image fails below `least`. */
interface Scale {
  readonly zero: number;
  readonly full: number;
  readonly least: number;
}

const scales = {
  /** Deviation of the locally normalised field: synthetic palms 0.36 to 0.54, a fifth of their contrast 0.14, blank 0.04. */
  contrast: { zero: 0.04, full: 0.4, least: 0.09 },
  /** Gradient energy over energy: palms 0.8 to 1.3, blurred by 3 pixels of 128 0.28, by 6 0.14. */
  sharpness: { zero: 0.1, full: 0.8, least: 0.17 },
  /** Agreement of directions within 8 x 8 cells: palms 0.39 to 0.63; noise, white or blurred, 0.20 to 0.33. */
  coherence: { zero: 0.25, full: 0.5, least: 0.28 },
  /** Energy in the band of palm lines over all energy: palms 4.6 to 6.3, heavy blur below 3, white noise 1. */
  band: { zero: 1, full: 4, least: 1.8 },
  /** Share of pixels that are neither black nor burnt out. */
  foreground: { zero: 0.4, full: 1, least: 0.65 },
} as const satisfies Record<string, Scale>;

const black = 10;
const burntOut = 250;
const cellSide = 8;

function grade(value: number, { zero, full }: Scale): number {
  return Math.min(1, Math.max(0, (value - zero) / (full - zero)));
}

/**
 * @param region grey levels at 128 x 128.
 * @param field normalised 64 x 64.
 * @param responses six filter planes of the field.
 */
export function assessQuality(
  region: Float32Array,
  field: Float32Array,
  responses: Float32Array,
): QualityReport {
  const foreground = foregroundShare(region);
  const energy = meanSquare(field);
  const sharpness = energy === 0 ? 0 : gradientEnergy(field) / energy;
  const { coherence, band } = directions(responses, energy);
  const parts = {
    contrast: grade(Math.sqrt(energy), scales.contrast),
    sharpness: grade(sharpness, scales.sharpness),
    orientation: Math.min(grade(coherence, scales.coherence), grade(band, scales.band)),
    background: grade(foreground, scales.foreground),
  };
  const reasons: Part[] = [];
  if (Math.sqrt(energy) < scales.contrast.least) reasons.push('contrast');
  if (sharpness < scales.sharpness.least) reasons.push('sharpness');
  if (coherence < scales.coherence.least || band < scales.band.least) reasons.push('orientation');
  if (foreground < scales.foreground.least) reasons.push('background');
  const overall = (parts.contrast * parts.sharpness * parts.orientation * parts.background) ** 0.25;
  return { overall, ...parts, reasons };
}

/** The refusal of an image that fails the gate, or null. */
export function qualityRefusal(quality: QualityReport): ScanRefusal | null {
  if (quality.reasons.length === 0) return null;
  return {
    ok: false,
    code: 'palm_quality_too_low',
    message: `The image is not good enough: ${quality.reasons.join(', ')}.`,
    details: { reasons: [...quality.reasons], quality: Math.round(quality.overall * 1000) / 1000 },
  };
}

/** Of every second pixel in both axes. */
function foregroundShare(region: Float32Array): number {
  let usable = 0;
  for (let y = 0; y < regionSide; y += 2) {
    for (let x = 0; x < regionSide; x += 2) {
      const level = region[y * regionSide + x]!;
      usable += Number(level > black) & Number(level < burntOut);
    }
  }
  return usable / (fieldSide * fieldSide);
}

function meanSquare(field: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < field.length; i++) squares += field[i]! * field[i]!;
  return squares / field.length;
}

function gradientEnergy(field: Float32Array): number {
  let squares = 0;
  for (let y = 0; y < fieldSide - 1; y++) {
    for (let x = 0; x < fieldSide - 1; x++) {
      const i = y * fieldSide + x;
      const across = field[i + 1]! - field[i]!;
      const down = field[i + fieldSide]! - field[i]!;
      squares += across * across + down * down;
    }
  }
  return squares / field.length;
}

const doubledCosine = Float32Array.from({ length: orientations }, (_, k) =>
  Math.cos((2 * Math.PI * k) / orientations),
);
const doubledSine = Float32Array.from({ length: orientations }, (_, k) =>
  Math.sin((2 * Math.PI * k) / orientations),
);

/**
 * Filter energies as vectors of the doubled angle, summed within cells: their length against the total says how far
 * a cell agrees on one direction. Every second pixel is enough, the filters being smooth.
 */
function directions(responses: Float32Array, fieldEnergy: number): { coherence: number; band: number } {
  const plane = fieldSide * fieldSide;
  let aligned = 0;
  let total = 0;
  let counted = 0;
  for (let cellY = 0; cellY < fieldSide; cellY += cellSide) {
    for (let cellX = 0; cellX < fieldSide; cellX += cellSide) {
      let a = 0;
      let b = 0;
      for (let y = cellY; y < cellY + cellSide; y += 2) {
        for (let x = cellX; x < cellX + cellSide; x += 2) {
          counted += 1;
          for (let k = 0; k < orientations; k++) {
            const response = responses[k * plane + y * fieldSide + x]!;
            const energy = response * response;
            a += energy * doubledCosine[k]!;
            b += energy * doubledSine[k]!;
            total += energy;
          }
        }
      }
      aligned += Math.hypot(a, b);
    }
  }
  if (total === 0 || fieldEnergy === 0) return { coherence: 0, band: 0 };
  return { coherence: aligned / total, band: total / orientations / counted / fieldEnergy };
}
