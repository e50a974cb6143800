import { rmSync } from 'node:fs';
import type { Graph } from '../engine/index/graph.ts';
import { limits } from '../engine/limits.ts';
import { extractProbe } from '../engine/palm/extract.ts';
import { decodeProbe } from '../engine/palm/template.ts';
import { closedLoop, type Load, openLoop } from './identify/load.ts';
import { GalleryPeople, galleryVersion, type Kind, type Shown } from './identify/people.ts';
import { benchFolder } from './load/folder.ts';
import { prepareGallery, readRawGraph } from './load/gallery.ts';
import { awaitIndex } from './load/ops.ts';
import { benchEnvironment, connectScanner, startEngineProcess } from './load/stage.ts';
import { bareEcho } from './push/bare.ts';
import { bareDatabase } from './push/database.ts';
import { integerOption, type Scenario, say, spread, writeResult } from './report.ts';
import type { ScannerClient } from './scanner/client.ts';

const SCANNERS = 16;
/** Bytes of the header of a frame with a scan. */
const HEADER_BYTES = 250;

interface World {
  readonly scanners: readonly ScannerClient[];
  readonly people: GalleryPeople;
  /** With `--raw`: a search by the raw library belongs to the bare parts. */
  readonly graph: Graph | null;
  readonly commit: () => Promise<void>;
  readonly samples: number;
  readonly seconds: number;
  readonly boundMs: number;
  readonly seed: number;
}

/** Scan sent to decision back over the scanner's socket, among a gallery of one hand. */
export const identify: Scenario = {
  name: 'identify',
  summary:
    'scan sent to decision back, and the highest rate held (--palms, --templates, --seconds, --bound, --raw)',
  async run(options) {
    const palms = integerOption(options, 'palms', 10_000);
    const samples = integerOption(options, 'templates', 1);
    const seed = integerOption(options, 'seed', 1);
    const seconds = integerOption(options, 'seconds', 5);
    const boundMs = integerOption(options, 'bound', 250);
    const people = new GalleryPeople(seed, palms);
    const { template } = people;
    const shape = { palms, samples, seed, scanners: SCANNERS, spareUsers: 2_000, version: galleryVersion() };
    const { dataDir, rawGraph, cast } = await prepareGallery({ ...shape, template });
    const folder = benchFolder('identify');
    const engine = await startEngineProcess(benchEnvironment(dataDir));
    const database = await bareDatabase(folder);
    try {
      const index = await awaitIndex(engine, palms * samples);
      say(`${palms} palms of one hand, ${samples} template(s) each, index ${index.mode}`);
      const scanners: ScannerClient[] = [];
      for (const credentials of cast.scanners) scanners.push(await connectScanner(engine, credentials));
      const graph = options.raw === true ? readRawGraph({ ...shape, template }, rawGraph) : null;
      const world = {
        scanners,
        people,
        graph,
        commit: async () => void (await database.commit()),
        samples,
        seconds,
        boundMs,
        seed,
      };
      const results = { template: await measure(world, 'template'), image: await measure(world, 'image') };
      for (const scanner of scanners) await scanner.close();
      const path = writeResult(`identify-${palms}-${samples}`, {
        palms,
        samples,
        seed,
        boundMs,
        index,
        ...results,
      });
      say(`written to ${path}`);
    } finally {
      await engine.stop();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(world: World, kind: Kind) {
  const { scanners, people, graph, boundMs, seconds, seed } = world;
  const shown = people.shown(kind, 300);
  say(`\n${kind} in`);
  await closedLoop(scanners, shown, 2, 100);
  const bare = await measureBare(world, shown);
  const alone = await closedLoop(scanners, shown, 1, 200);
  const alonePercentiles = percentiles(alone);
  say(`  one at a time         p50 ${alonePercentiles.p50} ms   p99 ${alonePercentiles.p99} ms`);
  say(
    `  the same, bare        p50 ${bare.sum.median.toFixed(2)} ms: echo ${bare.echo.median.toFixed(2)}, extraction ${bare.extraction.median.toFixed(2)}, raw search ${graph === null ? '-' : bare.search.median.toFixed(2)}, commit ${bare.commit.median.toFixed(2)}`,
  );
  const { rate, steps } = await highestRate(world, shown);
  say(`  highest rate held     ${rate.toFixed(0)} a second (p99 within ${boundMs} ms)`);
  const half = await openLoop(scanners, shown, rate / 2, 2 * seconds, seed);
  const at = percentiles(half);
  say(`  at half of it         p50 ${at.p50} ms   p99 ${at.p99} ms   (${half.answered} decisions)`);
  const judged = [alone, half];
  const missed = judged.reduce((sum, load) => sum + load.missed, 0);
  const mistaken = judged.reduce((sum, load) => sum + load.mistaken, 0);
  say(`  not recognised ${missed}, strangers allowed ${mistaken}, of ${alone.answered + half.answered}`);
  return { alone: alonePercentiles, bare, highestRate: rate, steps, atHalf: at, missed, mistaken };
}

/** What an identification cannot do without, one after the other in this process and a bare echo server's. */
async function measureBare({ graph, commit, samples }: World, shown: readonly Shown[]) {
  const [first] = shown;
  if (first === undefined || !('data' in first.scan)) throw new Error('nothing is shown');
  const echo = await bareEcho(first.scan.data.length + HEADER_BYTES);
  const times: Record<'echo' | 'extraction' | 'search' | 'commit' | 'sum', number[]> = {
    echo: [],
    extraction: [],
    search: [],
    commit: [],
    sum: [],
  };
  const query = Array.from(probeOf(first).vector);
  for (let round = -20; round < 200; round += 1) {
    const one = shown[(round + 20) % shown.length] ?? first;
    const t0 = performance.now();
    await echo.echo();
    const t1 = performance.now();
    const vector = one.scan.format === 'image' ? Array.from(probeOf(one).vector) : query;
    const t2 = performance.now();
    graph?.search(vector, limits.shortlist * samples);
    const t3 = performance.now();
    await commit();
    const t4 = performance.now();
    if (round < 0) continue;
    times.echo.push(t1 - t0);
    times.extraction.push(t2 - t1);
    times.search.push(t3 - t2);
    times.commit.push(t4 - t3);
    times.sum.push(t4 - t0);
  }
  await echo.close();
  return {
    echo: spread(times.echo),
    extraction: spread(times.extraction),
    search: spread(times.search),
    commit: spread(times.commit),
    sum: spread(times.sum),
  };
}

function probeOf({ scan }: Shown) {
  if (scan.format === 'image') return extractProbe({ ...scan, pixels: scan.data });
  if (scan.format === 'template') return decodeProbe(scan.data);
  throw new Error('a result has no probe');
}

interface Step {
  readonly offered: number;
  readonly held: boolean;
  readonly answered: number;
  readonly refused: number;
  readonly p50: number;
  readonly p99: number;
}

/** Steps up from what a closed loop reaches until a step is not held, or down until one is; then once in between. */
async function highestRate(world: World, shown: readonly Shown[]) {
  const { scanners } = world;
  const full = await closedLoop(
    scanners,
    shown,
    SCANNERS,
    Math.max(200, Math.min(2_000, 100 * world.seconds)),
  );
  const steps: Step[] = [];
  const holds = async (offered: number): Promise<boolean> => {
    const load = await openLoop(scanners, shown, offered, world.seconds, world.seed);
    const { p50, p99 } = percentiles(load);
    // Decisions that came much later than their arrivals ended lengthen the step: the engine did not follow.
    const held = load.refused === 0 && p99 <= world.boundMs && load.seconds < world.seconds * 1.1;
    steps.push({ offered, held, answered: load.answered, refused: load.refused, p50, p99 });
    say(
      `    ${offered.toFixed(0).padStart(5)} a second: p50 ${p50} ms, p99 ${p99} ms${held ? '' : ', not held'}`,
    );
    return held;
  };
  let low = 0;
  let high = 0;
  let rate = full.rate * 0.9;
  for (let step = 0; step < 6 && (low === 0 || high === 0); step += 1) {
    if (await holds(rate)) {
      low = rate;
      rate *= 1.15;
    } else {
      high = rate;
      rate *= 0.8;
    }
    if (high > 0 && low >= high) break;
  }
  const between = (low + high) / 2;
  if (low > 0 && high > low && (await holds(between))) low = between;
  return { rate: low, steps };
}

function percentiles({ latency }: Load): { readonly p50: number; readonly p99: number } {
  const ms = (p: number): number => Math.round(latency.getValueAtPercentile(p) / 10) / 100;
  return { p50: ms(50), p99: ms(99) };
}
