/** How fast scanners connect, how often TLS is resumed, and what an idle one costs in memory. */
import type { Bench } from '../harness/bench.ts';
import { processorMs } from '../harness/process.ts';
import { interleave } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { ratios } from '../harness/statistics.ts';
import type { Credentials } from '../scanner/pair.ts';
import { inspected } from './collect.ts';
import type { Connected } from './generator.ts';
import { type Weighed, weigh } from './memory.ts';
import { type Generator, pairedScanners, startBare, startGenerator } from './stage.ts';

type Parameters = 'scanners' | 'sample' | 'rounds' | 'weighings' | 'atOnce';

/** One side, as both are driven. */
interface Server {
  readonly url: string;
  /** null: it cannot be weighed. */
  readonly pid: number | null;
}

interface Round {
  readonly full: Connected;
  readonly resumed: Connected;
  /** Milliseconds of the server's processor time a full connect. */
  readonly fullCost: number | null;
}

export const connect = scenario({
  name: 'connect',
  summary: 'scanners that connect and open their session: how many a second, and what an idle one costs',
  baseline: 'bare ws over mutual TLS that answers session.open with one JSON frame',
  parameters: {
    scanners: { what: 'scanners paired, and connected for the weighing', full: 5_000, quick: 200 },
    sample: { what: 'of them connected in each round of the rates', full: 2_000, quick: 200 },
    rounds: { what: 'interleaved rounds of the rates', full: 5, quick: 2 },
    weighings: { what: 'rounds of the memory, each on servers started anew', full: 3, quick: 1 },
    atOnce: { what: 'handshakes under way at once', full: 64, quick: 64 },
  },
  goals: [
    { of: 'rate', least: 0.85, text: 'handshake with session.open ≥ 0.85 × bare' },
    { of: 'memory', most: 1.25, text: 'resident memory per idle scanner ≤ 1.25 × bare' },
    { of: 'resumption', least: 0.99, text: 'reconnects resume TLS' },
  ],
  remote: true,
  packages: ['ws'],
  async run(bench) {
    const { scanners } = bench.values;
    const { credentials, dataDir } = await pairedScanners(bench, scanners);
    const generator = await startGenerator(bench, credentials);
    await rates(bench, generator, credentials, dataDir);
    if (dataDir !== null) await memory(bench, generator, credentials, dataDir);
  },
});

async function rates(
  bench: Bench<Parameters>,
  generator: Generator,
  credentials: readonly Credentials[],
  dataDir: string | null,
): Promise<void> {
  const { sample, scanners, atOnce, rounds } = bench.values;
  const count = Math.min(sample, scanners);
  const engine = dataDir === null ? await bench.engine() : await bench.ownEngine(dataDir);
  const bare = await startBare(credentials);
  const round = async ({ url, pid }: Server): Promise<Round> => {
    const before = pid === null ? 0 : processorMs(pid);
    const full = await generator.connect(url, { count, atOnce, resume: false });
    const fullCost = pid === null ? null : (processorMs(pid) - before) / count;
    await generator.drop();
    const resumed = await generator.connect(url, { count, atOnce, resume: true });
    await generator.drop();
    return { full, resumed, fullCost };
  };
  const ours: Server = { url: engine.device, pid: engine.own?.process.pid ?? null };
  const taken = await interleave(
    { rounds },
    { thenar: () => round(ours), bare: () => round({ url: bare.url, pid: bare.pid }) },
  );
  await bare.stop();
  await engine.stop();

  const rate = (side: readonly Round[], kind: 'full' | 'resumed') =>
    side.map((one) => count / one[kind].seconds);
  const share = (kind: 'full' | 'resumed', side: readonly Round[]) =>
    side.map((one) => one[kind].processorShare);
  const full = { thenar: rate(taken.thenar, 'full'), bare: rate(taken.bare, 'full') };
  const resumed = { thenar: rate(taken.thenar, 'resumed'), bare: rate(taken.bare, 'resumed') };
  bench.figure('full', 'full handshakes with session.open', '1/s', 'thenar', full.thenar);
  bench.figure('bareFull', 'full handshakes with one frame back, bare', '1/s', 'baseline', full.bare);
  bench.ratio('rate', 'full handshakes, engine / bare', 'more', ratios(full.thenar, full.bare));
  bench.figure('resumed', 'resumed handshakes with session.open', '1/s', 'thenar', resumed.thenar);
  bench.figure('bareResumed', 'resumed, bare', '1/s', 'baseline', resumed.bare);
  bench.ratio('resumedRate', 'resumed, engine / bare', 'more', ratios(resumed.thenar, resumed.bare));
  const resumption = taken.thenar.map((one) => one.resumed.resumed / count);
  bench.figure('resumption', 'share of reconnects that resumed TLS', '', 'thenar', resumption);
  const cost = (side: readonly Round[]) => side.flatMap((one) => one.fullCost ?? []);
  if (engine.own !== null) {
    const costs = { thenar: cost(taken.thenar), bare: cost(taken.bare) };
    bench.figure('cost', 'processor time of the server a connect', 'ms', 'thenar', costs.thenar);
    bench.figure('bareCost', 'the same, bare', 'ms', 'baseline', costs.bare);
    bench.ratio('costs', 'processor time, engine / bare', 'less', ratios(costs.thenar, costs.bare));
  }
  bench.figure('generator', 'core used by the generator, engine', '', 'thenar', share('full', taken.thenar));
  bench.figure(
    'generatorBare',
    'core used by the generator, bare',
    '',
    'baseline',
    share('full', taken.bare),
  );
  bench.fact('failures', failuresOf(taken.thenar.flatMap((one) => [one.full, one.resumed])));
  bench.fact('bareFailures', failuresOf(taken.bare.flatMap((one) => [one.full, one.resumed])));
}

/** Attempts that had to be made again, by code, in words. */
export function failuresOf(all: readonly Connected[]): string {
  const counts: Record<string, number> = {};
  for (const { failures, lost } of all) {
    for (const [code, count] of Object.entries(failures)) counts[code] = (counts[code] ?? 0) + count;
    if (lost > 0) counts.lost = (counts.lost ?? 0) + lost;
  }
  const words = Object.entries(counts).map(([code, count]) => `${count} × ${code}`);
  return words.length === 0 ? 'none' : words.join(', ');
}

async function memory(
  bench: Bench<Parameters>,
  generator: Generator,
  credentials: readonly Credentials[],
  dataDir: string,
): Promise<void> {
  const { scanners, weighings } = bench.values;
  const filling = { scanners, steps: bench.quick ? 2 : 5 };
  const thenar = async (): Promise<Weighed> => {
    const port = await inspected();
    const engine = await bench.ownEngine(dataDir, port.environment);
    const pid = engine.own.process.pid ?? 0;
    const weighed = await weigh({ pid, url: engine.device, inspected: port }, generator, filling);
    await generator.drop();
    await engine.stop();
    return weighed;
  };
  const bare = async (): Promise<Weighed> => {
    const port = await inspected();
    const server = await startBare(credentials, port.environment);
    const weighed = await weigh({ pid: server.pid, url: server.url, inspected: port }, generator, filling);
    await generator.drop();
    await server.stop();
    return weighed;
  };
  const taken = await interleave({ rounds: weighings, warmUp: 0 }, { thenar, bare });
  const each = (side: readonly Weighed[]) => side.map((one) => one.perScanner);
  bench.figure('perScanner', 'resident memory per idle scanner', 'KiB', 'thenar', each(taken.thenar));
  bench.figure('barePerScanner', 'the same, bare', 'KiB', 'baseline', each(taken.bare));
  bench.ratio(
    'memory',
    'memory per idle scanner, engine / bare',
    'less',
    ratios(each(taken.thenar), each(taken.bare)),
  );
  const series = (name: string, side: readonly Weighed[]) =>
    side.slice(-1).map(({ curve }) => ({ name, points: curve, dots: true }));
  bench.plot({
    title: 'Memory against connected scanners',
    subtitle: 'resident, after a collection; last round',
    x: { label: 'idle scanners connected', scale: 'linear' },
    y: { label: 'MiB', scale: 'linear' },
    series: [...series('Thenar', taken.thenar), ...series('bare ws', taken.bare)],
  });
}
