/** Robust statistics of repeated rounds: a figure without its spread is worth nothing. */

/** The `p` quantile (0 to 1) by linear interpolation between order statistics; NaN of nothing. */
export function quantile(values: ArrayLike<number>, p: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const position = Math.min(Math.max(p, 0), 1) * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  return low + (sorted[Math.min(below + 1, sorted.length - 1)]! - low) * (position - below);
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

export interface Spread {
  readonly rounds: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Half the distance between the quartiles, as a share of the median: how far to trust the median. */
  readonly relative: number;
}

/** Median and spread of repeated rounds. */
export function spread(values: ArrayLike<number>): Spread {
  const middle = median(values);
  return {
    rounds: values.length,
    min: quantile(values, 0),
    median: middle,
    max: quantile(values, 1),
    relative: middle === 0 ? 0 : (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / Math.abs(middle),
  };
}

/** Round by round `numerator / denominator`: both sides of a round met the same machine. */
export function ratios(numerator: readonly number[], denominator: readonly number[]): number[] {
  return numerator.map((value, round) => value / (denominator[round] ?? Number.NaN));
}

/** The percentiles that a latency plot shows. */
export const shownPercentiles = [0, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.9] as const;

/** Points of a latency plot: of so many per cent none took longer. */
export function percentileCurve(values: ArrayLike<number>): (readonly [number, number])[] {
  return shownPercentiles.map((percentile) => [percentile, quantile(values, percentile / 100)] as const);
}
