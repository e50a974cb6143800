/** Scan sent to decision back over the scanner's socket, of an engine in a process of its own. */
import type { Bench } from '../harness/bench.ts';
import { at, type Call, closedLoop, highestRate, openLoop } from '../harness/load.ts';
import { connected, ownEngine } from '../harness/target.ts';
import { prepareGallery } from '../load/gallery.ts';
import { awaitIndex } from '../load/ops.ts';
import type { ScannerClient } from '../scanner/client.ts';
import { ScannerError } from '../scanner/pair.ts';
import { GalleryPeople, galleryVersion, type Kind, type Shown } from './people.ts';
import { short } from './searches.ts';

const scannerCount = 16;
const spareUsers = 2_000;

interface Settings {
  readonly sockets: number;
  readonly seconds: number;
  readonly bound: number;
}

export async function measureSockets(bench: Bench, settings: Settings): Promise<void> {
  for (const palms of [10_000, settings.sockets].filter((one, i) => one < settings.sockets || i === 1)) {
    bench.say(
      `\n  ${short(palms)} palms of one tenant, scan to decision over ${scannerCount} scanners' sockets`,
    );
    const people = new GalleryPeople(bench.seed, palms);
    const { template } = people;
    const say = (line: string) => bench.say(`  ${line}`);
    const shape = { palms, samples: 1, seed: bench.seed, scanners: scannerCount, spareUsers };
    const { dataDir, cast } = await prepareGallery({ ...shape, version: galleryVersion(), template, say });
    const engine = await ownEngine(dataDir);
    bench.atEnd(() => engine.stop());
    await awaitIndex(engine.own, palms);
    const scanners: ScannerClient[] = [];
    for (const credentials of cast.scanners) scanners.push(await connected(engine, credentials));
    for (const kind of ['template', 'image'] as const) {
      await measureKind(bench, settings, scanners, people.shown(kind, 300), kind, short(palms));
    }
    for (const scanner of scanners) await scanner.close();
    await engine.stop();
  }
}

async function measureKind(
  bench: Bench,
  { seconds, bound }: Settings,
  scanners: readonly ScannerClient[],
  shown: readonly Shown[],
  kind: Kind,
  size: string,
): Promise<void> {
  const counts = { answered: 0, missed: 0, mistaken: 0 };
  const call: Call = async (number) => {
    const { scan, palm } = shown[number % shown.length]!;
    try {
      const { decision } = await scanners[number % scanners.length]!.transaction(scan, { gate: 'bench' });
      counts.answered += 1;
      if (palm !== null && decision !== 'allow') counts.missed += 1;
      if (palm === null && decision === 'allow') counts.mistaken += 1;
      return null;
    } catch (error) {
      if (error instanceof ScannerError) return error.code;
      throw error;
    }
  };
  const name = `${kind}-${size}`;
  const quick = seconds < 3;
  await closedLoop({ atOnce: 2, calls: quick ? 50 : 150 }, call);
  const alone = await closedLoop({ atOnce: 1, calls: quick ? 100 : 300 }, call);
  const full = await closedLoop({ atOnce: scannerCount, calls: quick ? 200 : 1_000 }, call);
  const options = { seconds, seed: bench.seed, p99Ms: bound, from: (0.9 * full.done) / full.seconds };
  const { rate, steps } = await highestRate(options, call);
  const half = await openLoop({ rate: Math.max(1, rate / 2), seconds: 2 * seconds, seed: bench.seed }, call);
  bench.figure(`alone-${name}`, `one at a time, p50, ${kind} in, ${size}`, 'ms', 'thenar', [at(alone, 50)]);
  bench.figure(`rate-${name}`, `highest rate, p99 ≤ ${bound} ms, ${kind} in, ${size}`, '1/s', 'thenar', [
    rate,
  ]);
  bench.figure(`half50-${name}`, `at half of it, p50, ${kind} in, ${size}`, 'ms', 'thenar', [at(half, 50)]);
  bench.figure(`half99-${name}`, `at half of it, p99, ${kind} in, ${size}`, 'ms', 'thenar', [at(half, 99)]);
  bench.fact(`not recognised ${name}`, `${counts.missed} of ${counts.answered}`);
  bench.fact(`strangers allowed ${name}`, counts.mistaken);
  bench.plot({
    title: `Scan to decision against the offered rate, ${kind} in, ${size} palms`,
    x: { label: 'scans a second', scale: 'linear' },
    y: { label: 'ms', scale: 'log' },
    series: [50, 99].map((percentile) => ({
      name: `p${percentile}`,
      points: steps
        .toSorted((a, b) => a.offered - b.offered)
        .map(({ offered, load }) => [offered, at(load, percentile)] as const),
      dots: true,
    })),
  });
}
