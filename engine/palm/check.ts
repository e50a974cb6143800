/**
 * The vendor's own check: a palm against itself and against another, by the code that scanners' images go through.
 * The palms are drawn here and always the same, so that a wrong result means that the code, and nothing else, is
 * wrong.
 */
import type { Matched } from '../ports.ts';
import type { Comparison, ImageScan } from './types.ts';

const side = 128;
const skin = 140;

export interface CheckImages {
  readonly enrolled: ImageScan;
  /** The same palm, moved a little and seen through other noise. */
  readonly again: ImageScan;
  readonly other: ImageScan;
}

/** What the check found; both comparisons are on the published scale. */
export interface SelfCheck {
  readonly genuine: Comparison;
  readonly impostor: Comparison;
}
export type SelfCheckResult = Matched<SelfCheck>;

export function checkImages(): CheckImages {
  return {
    enrolled: scanOf(drawPalm(1, 0, 11)),
    again: scanOf(drawPalm(1, 1.6, 12)),
    other: scanOf(drawPalm(2, 0, 13)),
  };
}

/** Right: a palm recognised, a stranger not. @param threshold of the fused score */
export function isRight({ genuine, impostor }: SelfCheck, threshold: number): boolean {
  return genuine.fused >= threshold && impostor.fused < threshold;
}

function scanOf(data: Uint8Array): ImageScan {
  return { format: 'image', encoding: 'raw8', width: side, height: side, data, palmType: 'right' };
}

/** Principal lines, wrinkles and creases as curved dark strokes. @param shift how far the hand lies elsewhere, in pixels */
function drawPalm(seed: number, shift: number, noiseSeed: number): Uint8Array {
  const next = generator(seed);
  const grey = new Float32Array(side * side).fill(skin);
  for (let i = 0; i < 3; i++) stroke(grey, next, 0.75, 1.8, 45, shift);
  for (let i = 0; i < 16; i++) stroke(grey, next, 0.35, 1.2, 22, shift);
  for (let i = 0; i < 130; i++) stroke(grey, next, 0.12, 0.9, 11, shift);
  const noise = generator(noiseSeed);
  return Uint8Array.from(grey, (level) => Math.min(245, Math.max(15, level + 8 * (noise() - 0.5))));
}

function stroke(
  grey: Float32Array,
  next: () => number,
  length: number,
  sigma: number,
  depth: number,
  shift: number,
): void {
  const angle = next() * Math.PI;
  const bow = (next() - 0.5) * 0.3 * length;
  const [x, y] = [next() * side + shift, next() * side + shift];
  const [across, down] = [Math.cos(angle), Math.sin(angle)];
  const steps = Math.ceil(length * side);
  const darkest = new Map<number, number>();
  for (let step = 0; step <= steps; step++) {
    const along = (step / steps - 0.5) * length * side;
    const aside = bow * side * (1 - (2 * (step / steps) - 1) ** 2);
    spot(darkest, x + along * across - aside * down, y + along * down + aside * across, sigma);
  }
  for (const [at, share] of darkest) grey[at]! -= depth * share;
}

/** A line is as dark where its spots overlap as anywhere else, so of all spots on a pixel the nearest counts. */
function spot(darkest: Map<number, number>, x: number, y: number, sigma: number): void {
  const reach = Math.ceil(3 * sigma);
  for (let row = Math.round(y) - reach; row <= Math.round(y) + reach; row++) {
    for (let column = Math.round(x) - reach; column <= Math.round(x) + reach; column++) {
      if (row < 0 || column < 0 || row >= side || column >= side) continue;
      const share = Math.exp(-((row - y) ** 2 + (column - x) ** 2) / (2 * sigma * sigma));
      const at = row * side + column;
      if (share > (darkest.get(at) ?? 0)) darkest.set(at, share);
    }
  }
}

/** xorshift32 (Marsaglia 2003): numbers in [0, 1) that are the same everywhere. */
function generator(seed: number): () => number {
  let state = seed * 0x9e3779b1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}
