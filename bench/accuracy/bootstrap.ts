import { SeededRandom } from '../palms/random.ts';
import { quantile } from '../report.ts';

/** A rate with its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
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
  return values.map((value, index) => ({
    value,
    low: quantile(drawn[index]!, 0.025),
    high: quantile(drawn[index]!, 0.975),
  }));
}
