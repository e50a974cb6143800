/**
 * A verification from the REST call to the decision at the scanner, with its webhook queued, all of it durable, as one
 * operation beside the sum of its bare parts; then the highest rate of them that is held.
 */
import type { Bench } from '../harness/bench.ts';
import { at, closedLoop, highestRate, type Load, openLoop } from '../harness/load.ts';
import { interleave } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { percentileCurve, quantile, ratios, shownPercentiles } from '../harness/statistics.ts';
import { type Hall, Refused, type Verified } from './hall.ts';
import { openHalls } from './halls.ts';
import { openParts, type Part, partTitles, type Samples } from './parts.ts';
import type { ScanKind } from './people.ts';

const P99_MS = 50;
/** Each scanner makes at most 200 calls a second and shows at most 64 challenges at once. */
const CONNECTIONS = 64;
/** Lanes of the closed loop that says where the steps begin. */
const LANES = 16;
const WARM_LANES = 8;

/** As a call of a load, over all halls in turn; a miss is a decision like any other, and counted. */
export function verifying(all: readonly Hall[], kind: ScanKind, onVerified: (verified: Verified) => void) {
  return async (number: number): Promise<string | null> => {
    try {
      onVerified(await all[number % all.length]!.verify(kind, Math.floor(number / all.length)));
      return null;
    } catch (error) {
      if (error instanceof Refused) return error.code;
      const code = (error as { readonly code?: unknown }).code;
      if (typeof code === 'string') return code;
      throw error;
    }
  };
}

type Settings = 'enrolled' | 'operations' | 'rounds' | 'seconds' | 'tenants' | 'warmUp';

export const verify = scenario({
  name: 'verify',
  summary: 'REST call, push, scan, decision and queued webhook as one durable operation, and the rate held',
  baseline: 'bare call, echo, scan frame, comparison and two commits, each measured alone',
  parameters: {
    enrolled: { what: 'people enrolled in each tenant', full: 200, quick: 24, least: 16 },
    operations: { what: 'verifications and times each part, a round', full: 100, quick: 40 },
    rounds: { what: 'interleaved rounds', full: 11, quick: 3 },
    seconds: { what: 'seconds of each rate', full: 5, quick: 1 },
    tenants: { what: 'tenants under load, each with a hall of its own', full: 4, quick: 2 },
    warmUp: { what: 'verifications before anything is measured, for compilers', full: 1_500, quick: 200 },
  },
  goals: [
    { of: 'toSumTemplate', most: 1.3, text: 'at most 30 % over the sum of its parts, template in' },
    { of: 'toSumImage', most: 1.3, text: 'at most 30 % over the sum of its parts, image in' },
  ],
  remote: true,
  packages: ['ws', 'jose', 'postgres'],
  async run(bench) {
    const { warmUp } = bench.values;
    const { people, receiver, all } = await openHalls(bench, CONNECTIONS);
    const parts = await openParts(bench.folder('verify'), people);
    bench.atEnd(() => parts.close());
    let missed = 0;
    const count = ({ matched }: Verified): void => {
      if (!matched) missed += 1;
    };
    for (const kind of ['template', 'image'] as const) {
      await closedLoop({ atOnce: WARM_LANES, calls: Math.ceil(warmUp / 2) }, verifying(all, kind, count));
      await beside(bench, kind, all[0]!, parts, receiver.receivedAt, count);
      await held(bench, kind, verifying(all, kind, count));
    }
    bench.fact('missed', missed);
    bench.fact('webhooksReceived', receiver.count());
  },
});

const titled = (kind: ScanKind): string => (kind === 'template' ? 'Template' : 'Image');

async function beside(
  bench: Bench<Settings>,
  kind: ScanKind,
  hall: Hall,
  parts: Awaited<ReturnType<typeof openParts>>,
  receivedAt: (challengeId: string) => number | undefined,
  count: (verified: Verified) => void,
): Promise<void> {
  const { operations, rounds } = bench.values;
  const taken = await interleave(
    { rounds },
    {
      bare: () => parts.measure(kind, operations),
      async thenar() {
        const all: Verified[] = [];
        for (let number = 0; number < operations; number += 1) {
          const verified = await hall.verify(kind, number);
          count(verified);
          all.push(verified);
        }
        return all;
      },
    },
  );
  const name = titled(kind);
  const of = (sets: readonly (readonly number[])[], p: number) => sets.map((set) => quantile(set, p));
  const decided = taken.thenar.map((set) => set.map((one) => one.decided));
  const figure = (key: string, title: string, sets: readonly (readonly number[])[], p = 0.5): void =>
    bench.figure(`${key}${name}`, `${kind}: ${title}`, 'ms', 'thenar', of(sets, p));
  figure('whole', 'REST call to decision, p50', decided);
  figure('wholeP99', 'REST call to decision, p99', decided, 0.99);
  figure(
    'shown',
    'REST call to frame at the scanner, p50',
    taken.thenar.map((set) => set.map((one) => one.presented)),
  );
  figure(
    'deciding',
    'frame to decision, p50',
    taken.thenar.map((set) => set.map((one) => one.decided - one.presented)),
  );
  const delivered = taken.thenar.map((set) =>
    set.flatMap((one) => {
      const came = receivedAt(one.challengeId);
      return came === undefined ? [] : [came - one.at];
    }),
  );
  if (delivered.every((set) => set.length > 0))
    figure('told', 'decision to webhook received, p50', delivered);
  for (const [part, title] of Object.entries(partTitles) as [Part, string][]) {
    const sets = taken.bare.map((samples) => samples[part]);
    bench.figure(`${part}${name}`, `${kind}: ${title}, p50`, 'ms', 'baseline', of(sets, 0.5));
  }
  const bare = (part: keyof Samples) => taken.bare.map((samples) => samples[part]);
  bench.figure(`sum${name}`, `${kind}: sum of the parts, p50`, 'ms', 'baseline', of(bare('sum'), 0.5));
  const compare = (p: number, part: 'sum' | 'strict') => ratios(of(decided, p), of(bare(part), p));
  bench.ratio(`toSum${name}`, `${kind}: verification / sum, p50`, 'less', compare(0.5, 'sum'));
  bench.ratio(`toSumP99${name}`, `${kind}: verification / sum, p99`, 'less', compare(0.99, 'sum'));
  bench.ratio(
    `toStrictSum${name}`,
    `${kind}: verification / strict sum, p50`,
    'less',
    compare(0.5, 'strict'),
  );
  bench.plot({
    title: `A verification, ${kind} in`,
    x: { label: 'percentile', scale: 'percentile' },
    y: { label: 'ms', scale: 'log' },
    series: [
      { name: 'thenar', points: percentileCurve(decided.flat()) },
      { name: 'sum of bare parts', points: percentileCurve(bare('sum').flat()), dashed: true },
    ],
  });
}

async function held(
  bench: Bench<Settings>,
  kind: ScanKind,
  call: (number: number) => Promise<string | null>,
): Promise<void> {
  const { seconds } = bench.values;
  const full = await closedLoop({ atOnce: LANES, calls: Math.round(200 * seconds) }, call);
  const name = titled(kind);
  bench.figure(`closed${name}`, `${kind}: closed loop of ${LANES}`, '1/s', 'thenar', [
    full.done / full.seconds,
  ]);
  const points: [number, Load][] = [];
  const { rate } = await highestRate(
    {
      seconds,
      seed: bench.seed,
      from: (full.done / full.seconds) * 0.8,
      p99Ms: P99_MS,
      onStep: ({ offered, load }) => points.push([offered, load]),
    },
    call,
  );
  bench.figure(`rate${name}`, `${kind}: highest rate held, p99 within ${P99_MS} ms`, '1/s', 'thenar', [rate]);
  let half: Load | null = null;
  for (const share of [0.25, 0.5, 0.75]) {
    if (rate === 0) break;
    const load = await openLoop({ rate: rate * share, seconds, seed: bench.seed + 100 }, call);
    points.push([rate * share, load]);
    if (share === 0.5) half = load;
  }
  points.sort(([a], [b]) => a - b);
  bench.plot({
    title: `Throughput against latency, ${kind} in`,
    x: { label: 'offered, 1/s', scale: 'linear' },
    y: { label: 'ms', scale: 'log' },
    series: [50, 99, 99.9].map((p) => ({
      name: `p${p}`,
      points: points.map(([offered, load]) => [offered, at(load, p)] as const),
      dots: true,
    })),
  });
  if (half === null) return;
  const load = half;
  bench.figure(`halfP99${name}`, `${kind}: p99 at half of that rate`, 'ms', 'thenar', [at(load, 99)]);
  bench.plot({
    title: `Latency at half of the highest rate, ${kind} in`,
    x: { label: 'percentile', scale: 'percentile' },
    y: { label: 'ms', scale: 'log' },
    series: [{ name: 'thenar', points: shownPercentiles.map((p) => [p, at(load, p)]) }],
  });
}
