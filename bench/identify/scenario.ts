/** Who is it, among 1,000 to 1,000,000 palms: our search and comparison beside everybody else's search alone. */
import type { Bench } from '../harness/bench.ts';
import type { Goal } from '../harness/scenario.ts';
import { scenario } from '../harness/scenario.ts';
import { missingRows, prepareRows } from './gallery.ts';
import { plotSearches } from './plots.ts';
import type { SideName, Work } from './protocol.ts';
import { type Measured, measure, type Plan, Sides, short } from './searches.ts';
import { measureSockets } from './sockets.ts';

type Values = Readonly<
  Record<
    | 'palms'
    | 'graphs'
    | 'pgvector'
    | 'triple'
    | 'tenants'
    | 'rounds'
    | 'queries'
    | 'sockets'
    | 'seconds'
    | 'bound',
    number
  >
>;

const sizes = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];

function goals(): Goal[] {
  const perSize = sizes.flatMap((palms): Goal[] => {
    const name = short(palms);
    return [
      {
        of: `toHnswlib-${name}`,
        least: 0.7,
        text: `≥ 0.7 of the searches of raw hnswlib-node, ${name} palms`,
      },
      { of: `toPgvector-${name}`, least: 5, text: `≥ 5 × pgvector, ${name} palms` },
      {
        of: `toHnswlib-3×${name}`,
        least: 0.5,
        text: `≥ 0.5 of raw hnswlib-node, three templates a palm, ${name} palms`,
      },
      {
        of: `fnirMore-${name}`,
        most: 0.1,
        text: `FNIR at most 0.1 point above the exact scan, ${name} palms`,
      },
      {
        of: `fnirMore-3×${name}`,
        most: 0.1,
        text: `FNIR at most 0.1 point above the exact scan, three templates, ${name} palms`,
      },
      {
        of: `toHnswlib-${name}-tenants`,
        least: 0.7,
        text: `≥ 0.7 of raw hnswlib-node, ${name} palms of many tenants`,
      },
    ];
  });
  return [
    ...perSize,
    { of: 'growth', most: 1, text: 'search time grows less than N log N' },
    { of: 'growthIdentify', most: 1, text: 'identification time grows less than N log N' },
  ];
}

export const identify = scenario({
  name: 'identify',
  summary:
    'who is it among 1,000 to 1,000,000 palms: search and exact comparison, and scan to decision over sockets',
  baseline: 'raw hnswlib-node, usearch, exact scan, and pgvector in PGlite, each searching only',
  parameters: {
    palms: {
      what: 'palms of the largest gallery; smaller ones in steps of ten',
      full: 1_000_000,
      quick: 3_000,
      least: 1_000,
    },
    graphs: {
      what: 'largest gallery of hnswlib-node and usearch',
      full: 100_000,
      quick: 3_000,
      least: 1_000,
    },
    pgvector: { what: 'largest gallery of pgvector', full: 10_000, quick: 1_000, least: 1_000 },
    triple: { what: 'palms with three templates each', full: 30_000, quick: 1_000, least: 1_000 },
    tenants: { what: 'tenants that share a gallery', full: 100, quick: 10 },
    rounds: { what: 'interleaved rounds', full: 9, quick: 3 },
    queries: { what: 'queries by which recall and FNIR are judged', full: 1_000, quick: 200, least: 10 },
    sockets: {
      what: 'palms of the largest engine that is asked over sockets',
      full: 100_000,
      quick: 1_000,
      least: 1_000,
    },
    seconds: { what: 'length of a step of the rate over sockets', full: 4, quick: 1 },
    bound: { what: 'p99 in milliseconds that a rate must keep', full: 250, quick: 250 },
  },
  goals: goals(),
  packages: ['hnswlib-node', 'usearch', '@electric-sql/pglite', '@electric-sql/pglite-pgvector'],
  async run(bench) {
    const { palms, triple } = bench.values;
    prepare(bench, palms, 1);
    prepare(bench, triple, 3);
    const measured = await oneTenant(bench);
    plotSearches(bench, measured, bench.values.graphs);
    growth(bench, measured);
    await threeTemplates(bench);
    await manyTenants(bench);
    await measureSockets(bench, bench.values);
  },
});

function prepare(bench: Bench, palms: number, samples: number): void {
  const missing = missingRows(bench.seed, palms, samples);
  if (missing === 0) return;
  const progress = bench.progress(`${short(palms)} palms, ${samples} template(s)`, missing);
  prepareRows(bench.seed, palms, samples, () => progress.tick());
  progress.done();
}

function planFor(
  { rounds, queries }: Values,
  palms: number,
): Omit<Plan, 'beside' | 'also' | 'name' | 'title'> {
  const large = palms > 100_000;
  return {
    palms,
    rounds: large ? Math.min(rounds, 5) : rounds,
    queries: large ? Math.min(queries, 300) : queries,
    perRound: 100,
  };
}

async function oneTenant(bench: Bench<keyof Values>): Promise<Measured[]> {
  const { palms, graphs, pgvector } = bench.values;
  const sides = new Sides(bench, { seed: bench.seed, prepared: palms, samples: 1, tenants: 1 });
  const measured: Measured[] = [];
  const besides = (size: number): SideName[] => [
    ...(size <= graphs ? (['hnswlib', 'usearchF32', 'usearchI8'] as const) : []),
    ...(size <= pgvector ? (['pgvector'] as const) : []),
  ];
  for (const size of [1_000, 10_000, 100_000, palms].filter((one, i) => one < palms || i === 3)) {
    const also: Work[] = size <= 100_000 ? ['exact', 'plain', 'image', 'pool'] : ['exact', 'image'];
    const title = `${short(size)} palms of one tenant, one template each`;
    const plan = { ...planFor(bench.values, size), beside: besides(size), also, name: short(size), title };
    measured.push(await measure(bench, sides, plan));
    if (size >= pgvector) await sides.stop('pgvector');
  }
  await sides.stop('thenar', 'hnswlib', 'usearchF32', 'usearchI8', 'pgvector');
  return measured;
}

async function threeTemplates(bench: Bench<keyof Values>): Promise<void> {
  const { triple } = bench.values;
  const sides = new Sides(bench, { seed: bench.seed, prepared: triple, samples: 3, tenants: 1 });
  await measure(bench, sides, {
    ...planFor(bench.values, triple),
    beside: ['hnswlib'],
    also: [],
    name: `3×${short(triple)}`,
    title: `${short(triple)} palms of one tenant, three templates each`,
  });
  await sides.stop('thenar', 'hnswlib');
}

async function manyTenants(bench: Bench<keyof Values>): Promise<void> {
  const { palms, graphs, tenants } = bench.values;
  const total = Math.min(palms, graphs);
  const sides = new Sides(bench, { seed: bench.seed, prepared: palms, samples: 1, tenants });
  await measure(bench, sides, {
    ...planFor(bench.values, total),
    beside: ['hnswlib'],
    also: [],
    name: `${short(total)}-tenants`,
    title: `${short(total)} palms of ${tenants} tenants, one template each`,
  });
  await sides.stop('thenar', 'hnswlib');
}

/** Time from the second size to the last, held against N log N. The fixed part of an identification flatters it, so the search alone counts too. */
function growth(bench: Bench, measured: readonly Measured[]): void {
  const last = measured.at(-1)!;
  const first = measured.length > 2 ? measured[1]! : measured[0]!;
  if (first === last) return;
  const logLinear = (last.palms * Math.log(last.palms)) / (first.palms * Math.log(first.palms));
  for (const [name, work] of [
    ['growth', 'search'],
    ['growthIdentify', 'identify'],
  ] as const) {
    const from = first.times[work]!;
    const to = last.times[work]!;
    const each = to.map((ms, round) => ms / from[round % from.length]! / logLinear);
    const title = `${work} time from ${short(first.palms)} to ${short(last.palms)} palms / N log N`;
    bench.ratio(name, title, 'less', each);
  }
}
