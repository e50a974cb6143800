/**
 * The published scale. Vendors publish thresholds, not raw similarities, and customers keep them for years; so each
 * raw score is mapped piecewise linearly such that its own calibrated raw threshold lands on the published one,
 * 0 on 0 and 1 on 1. A recalibration changes raw thresholds alone.
 */
import type { Comparison, ThresholdSet } from './types.ts';

/** Published thresholds of the large model, as its API documents them. */
const published = [0.7072, 0.7253, 0.7018, 0.7211, 0.7426, 0.6929, 0.685, 0.71, 0.7526, 0.7004] as const;
const publishedFused = 0.7122;

/**
 * Raw similarity at which each score (six orientations, four quadrants) decides, calibrated from the impostor side:
 * the 0.998 quantile over 199,000 impostor comparisons of hard synthetic palms, raised by what real impostors lay
 * above synthetic ones where both are known (0.007 to 0.019). Expected on real palms: a false match rate about 1e-5
 * with either policy. The calibration command of the accuracy bench makes others from a folder of images.
 */
const raw = [0.678, 0.676, 0.684, 0.687, 0.681, 0.674, 0.683, 0.674, 0.678, 0.669] as const;
const rawFused = 0.69;

/** How many scores a comparison of the large model has. */
export const scoreCount = published.length;

/** Version 1 of the large model's thresholds, active until an operator publishes others. */
export const defaultThresholds: ThresholdSet = { version: 1, thresholds: published, fused: publishedFused };

/** The small model reports its four quadrants; its default thresholds are theirs. */
export const defaultReportedThresholds: ThresholdSet = {
  version: 1,
  thresholds: published.slice(6),
  fused: publishedFused,
};

function rescale(value: number, from: number, to: number): number {
  const scaled = value < from ? (value * to) / from : to + ((value - from) * (1 - to)) / (1 - from);
  return Math.min(1, Math.max(0, scaled));
}

/** @param similarities eleven raw similarities: six orientations, four quadrants, fused. */
export function toPublished(similarities: ArrayLike<number>): Comparison {
  const scores = new Array<number>(scoreCount);
  for (let i = 0; i < scoreCount; i++) scores[i] = rescale(similarities[i]!, raw[i]!, published[i]!);
  return { scores, fused: rescale(similarities[scoreCount]!, rawFused, publishedFused) };
}
