import type { MatchPolicy } from '../../engine/palm/types.ts';
import { bootstrapIntervals, type Interval } from './bootstrap.ts';
import type { OperatingErrors, Protocol } from './protocols.ts';
import { policies } from './protocols.ts';
import { errorRates } from './rates.ts';

/** FMR at which FNMR is reported. */
export const fmrTargets: readonly number[] = [1e-3, 1e-4, 1e-5];

/** A rate counted over comparisons. With no error at all the rate is bounded by 3 / n (rule of three). */
export interface CountedRate extends Interval {
  readonly errors: number;
  readonly comparisons: number;
  readonly boundAt95: number | null;
}

export interface ProtocolSummary {
  readonly subjects: number;
  readonly genuinePairs: number;
  readonly impostorPairs: number;
  readonly eer: Interval;
  readonly fnmrAtFmr: readonly (Interval & {
    readonly fmr: number;
    /** Whether the set is too small to show this FMR: the threshold merely lies above its highest impostor. */
    readonly aboveAll: boolean;
  })[];
  readonly atPolicy: Readonly<Record<MatchPolicy, { readonly fnmr: CountedRate; readonly fmr: CountedRate }>>;
}

/** All rates of a protocol with 95 % intervals from `rounds` bootstrap draws over subjects. */
export function summarise(protocol: Protocol, rounds: number, seed: number): ProtocolSummary {
  const { ranked } = protocol;
  const rates = errorRates(ranked, fmrTargets);
  const counted = policies.map((policy) => countErrors(protocol, protocol.atPolicy[policy]));
  const intervals = bootstrapIntervals(
    ranked.subjects,
    rounds,
    seed,
    [rates.eer, ...rates.fnmrAt, ...counted.flat()],
    (weights) => {
      const drawn = errorRates(ranked, fmrTargets, weights);
      const errors = policies.flatMap((policy) => countErrors(protocol, protocol.atPolicy[policy], weights));
      return [drawn.eer, ...drawn.fnmrAt, ...errors];
    },
  );
  const [eer, ...others] = intervals;
  const counts = others.slice(fmrTargets.length);
  const countedRate = (interval: Interval, errors: number, comparisons: number): CountedRate => ({
    ...interval,
    errors,
    comparisons,
    boundAt95: errors === 0 ? 3 / comparisons : null,
  });
  const atPolicy = Object.fromEntries(
    policies.map((policy, index) => {
      const { refused, accepted } = protocol.atPolicy[policy];
      return [
        policy,
        {
          fnmr: countedRate(counts[2 * index]!, refused.length, ranked.genuineCount),
          fmr: countedRate(counts[2 * index + 1]!, accepted.length, ranked.impostorCount),
        },
      ];
    }),
  ) as ProtocolSummary['atPolicy'];
  return {
    subjects: protocol.genuineOf.filter((count) => count > 0).length,
    genuinePairs: ranked.genuineCount,
    impostorPairs: ranked.impostorCount,
    eer: eer!,
    fnmrAtFmr: fmrTargets.map((fmr, index) => ({
      fmr,
      ...others[index]!,
      aboveAll: fmr * ranked.impostorCount < 1,
    })),
    atPolicy,
  };
}

/** FNMR and FMR at an operating point under given subject weights. */
function countErrors(
  protocol: Protocol,
  { refused, accepted }: OperatingErrors,
  weights?: Float64Array,
): [number, number] {
  const weigh = (subject: number): number => (weights === undefined ? 1 : weights[subject]!);
  let genuine = 0;
  protocol.genuineOf.forEach((count, subject) => {
    genuine += count * weigh(subject);
  });
  const { rows, columns } = protocol.ranked.impostor;
  let [allRows, allColumns, same] = [0, 0, 0];
  rows.forEach((row, subject) => {
    allRows += weigh(subject) * row;
    allColumns += weigh(subject) * columns[subject]!;
    same += weigh(subject) ** 2 * row * columns[subject]!;
  });
  const refusedWeight = refused.reduce((sum, subject) => sum + weigh(subject), 0);
  const acceptedWeight = accepted.reduce((sum, [probe, template]) => sum + weigh(probe) * weigh(template), 0);
  return [refusedWeight / genuine, acceptedWeight / (allRows * allColumns - same)];
}
