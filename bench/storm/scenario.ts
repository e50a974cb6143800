/** All scanners lose their connection in the same moment and come back at once: how long until the last is back. */
import type { Connected } from '../connect/generator.ts';
import { failuresOf } from '../connect/scenario.ts';
import { pairedScanners, startBare, startGenerator } from '../connect/stage.ts';
import { interleave } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { ratios } from '../harness/statistics.ts';

/** As many points of a curve as a plot can show. */
const POINTS = 200;

export const storm = scenario({
  name: 'storm',
  summary:
    'all scanners lose their connection together and return at once: when the last session is open again',
  baseline: 'bare ws over mutual TLS that answers session.open with one JSON frame',
  parameters: {
    scanners: { what: 'scanners, all connected', full: 5_000, quick: 200 },
    rounds: { what: 'interleaved storms', full: 5, quick: 3 },
  },
  goals: [
    { of: 'back', most: 1.3, text: 'all back within 1.3 × of bare' },
    { of: 'twice', most: 0, text: 'nobody handshakes twice because of the server' },
  ],
  remote: true,
  packages: ['ws'],
  async run(bench) {
    const { scanners, rounds } = bench.values;
    const { credentials, dataDir } = await pairedScanners(bench, scanners);
    const generator = await startGenerator(bench, credentials);
    const engine = dataDir === null ? await bench.engine() : await bench.ownEngine(dataDir);
    const bare = await startBare(credentials);
    bench.atEnd(() => bare.stop());
    // Sockets are cut from the scanners' end, as by a switch or an access network that goes away and comes back.
    const round = async (url: string): Promise<Connected> => {
      await generator.connect(url, { count: scanners, atOnce: 64, resume: true });
      const stormed = await generator.storm(url);
      await generator.drop();
      return stormed;
    };
    const taken = await interleave(
      { rounds },
      { thenar: () => round(engine.device), bare: () => round(bare.url) },
    );
    const seconds = (side: readonly Connected[]) => side.map((one) => one.seconds);
    const half = (side: readonly Connected[]) =>
      side.map((one) => (one.openedMs[Math.floor(one.openedMs.length / 2)] ?? 0) / 1000);
    const { thenar, bare: beside } = taken;
    bench.figure('last', 'until the last is back', 's', 'thenar', seconds(thenar));
    bench.figure('bareLast', 'the same, bare', 's', 'baseline', seconds(beside));
    bench.ratio(
      'back',
      'until the last is back, engine / bare',
      'less',
      ratios(seconds(thenar), seconds(beside)),
    );
    bench.figure('half', 'until half of them are back', 's', 'thenar', half(thenar));
    bench.figure('bareHalf', 'the same, bare', 's', 'baseline', half(beside));
    const again = thenar.map((one) => Object.values(one.failures).reduce((sum, count) => sum + count, 0));
    bench.figure('twice', 'attempts that had to be made again', '', 'thenar', again);
    const resumed = thenar.map((one) => one.resumed / scanners);
    bench.figure('resumption', 'share that resumed TLS', '', 'thenar', resumed);
    const share = (side: readonly Connected[]) => side.map((one) => one.processorShare);
    bench.figure('generator', 'core used by the generator, engine', '', 'thenar', share(thenar));
    bench.figure('generatorBare', 'core used by the generator, bare', '', 'baseline', share(beside));
    bench.fact('failures', failuresOf(thenar));
    bench.fact('bareFailures', failuresOf(beside));
    const curve = (name: string, side: readonly Connected[]) => {
      const { openedMs } = side.at(-1)!;
      const step = Math.max(1, Math.floor(openedMs.length / POINTS));
      const points = openedMs.flatMap((ms, at): [number, number][] =>
        at % step === 0 || at === openedMs.length - 1 ? [[ms / 1000, at + 1]] : [],
      );
      return { name, points };
    };
    bench.plot({
      title: 'Return of all scanners',
      subtitle: 'sessions open again after all connections were lost at once; last round',
      x: { label: 'seconds since the loss', scale: 'linear' },
      y: { label: 'sessions open', scale: 'linear' },
      series: [curve('Thenar', thenar), curve('bare ws', beside)],
    });
  },
});
