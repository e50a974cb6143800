import { quantile, type Spread } from '../harness/statistics.ts';
import { SeededRandom } from '../palms/random.ts';

/** A rate with its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Half the distance between the quartiles of what was drawn, as a share of the value. */
  readonly relative: number;
}

/** The interval as a figure of a result, in per cent. */
export function asPercent({ value, low, high, relative }: Interval, rounds: number): Spread {
  return { rounds, min: low * 100, median: value * 100, max: high * 100, relative };
}

/**
 * 95 % percentile intervals by bootstrap over subjects (Bolle, Ratha & Pankanti 2004): whole subjects are drawn
 * with replacement, since scores of one subject are not independent. `measure` gets how often each was drawn.
 */
export function bootstrapIntervals(
  subjects: number,
  rounds: number,
  seed: number,
  values: readonly number[],
  measure: (weights: Float64Array) => readonly number[],
): Interval[] {
  const random = new SeededRandom(seed, 0x626f6f74);
  const drawn: number[][] = values.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const weights = new Float64Array(subjects);
    for (let pick = 0; pick < subjects; pick++) weights[random.below(subjects)]! += 1;
    measure(weights).forEach((value, index) => {
      if (!Number.isNaN(value)) drawn[index]!.push(value);
    });
  }
  return values.map((value, index) => {
    const at = (p: number): number => quantile(drawn[index]!, p);
    const relative = value === 0 ? 0 : (at(0.75) - at(0.25)) / 2 / value;
    return { value, low: at(0.025), high: at(0.975), relative };
  });
}
