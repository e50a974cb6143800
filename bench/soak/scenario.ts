/** Half of what the engine can do, for half an hour: memory and latency at the end are those of the beginning. */
import { at, closedLoop, type Load, newHistogram, openLoop } from '../harness/load.ts';
import { residentBytes } from '../harness/process.ts';
import { scenario } from '../harness/scenario.ts';
import { median } from '../harness/statistics.ts';
import { Refused } from '../verify/hall.ts';
import { openHalls } from '../verify/halls.ts';
import { chooser, type Doing, type Mix, openMix, shares } from './mix.ts';

const CONNECTIONS = 32;
const LANES = 16;
const WINDOWS = 6;
/** The last of them, which are held against the first. */
const LAST = 2;
const SAMPLE_MS = 1_000;
const MIB = 1024 * 1024;

interface Window {
  /** Minutes from the beginning to its middle. */
  readonly minute: number;
  readonly load: Load;
  readonly p99: Readonly<Record<Doing, number>>;
  /** Median of the samples, in bytes; NaN for an engine elsewhere. */
  readonly resident: number;
}

/** Calls of the mix, and how long each kind took, in microseconds from its own start. */
function mixed(mixes: readonly Mix[], seed: number) {
  const choose = chooser(seed);
  const kinds = Object.keys(shares) as Doing[];
  const took = Object.fromEntries(kinds.map((kind) => [kind, newHistogram()])) as Record<
    Doing,
    ReturnType<typeof newHistogram>
  >;
  const call = async (number: number): Promise<string | null> => {
    const doing = choose();
    const from = performance.now();
    try {
      await mixes[number % mixes.length]!.run(doing, Math.floor(number / mixes.length));
      took[doing].recordValue(Math.max(1, Math.round((performance.now() - from) * 1000)));
      return null;
    } catch (error) {
      const code = error instanceof Refused ? error.code : (error as { readonly code?: unknown }).code;
      if (typeof code === 'string') return `${doing}/${code}`;
      throw error;
    }
  };
  return { call, took };
}

export const soak = scenario({
  name: 'soak',
  summary: 'half an hour of mixed load at half of what can be done: memory and latency stay where they were',
  baseline: 'its own first window after the warm-up',
  parameters: {
    enrolled: { what: 'people enrolled in each tenant', full: 200, quick: 24, least: 16 },
    minutes: { what: 'minutes of load after the warm-up, in six windows', full: 30, quick: 1 },
    tenants: { what: 'tenants, each with a hall of its own', full: 4, quick: 2 },
  },
  goals: [
    { of: 'resident', most: 1.05, text: 'resident memory at the end within 5 % of the beginning' },
    { of: 'p99', most: 1.05, text: 'p99 at the end within 5 % of the beginning' },
  ],
  remote: true,
  onlyFull: true,
  packages: ['ws', 'postgres'],
  async run(bench) {
    const { enrolled, minutes, tenants } = bench.values;
    const { target, people, receiver, all } = await openHalls(bench, CONNECTIONS);
    const mixes = await Promise.all(
      all.map((hall) => openMix(target, hall, people, { seed: bench.seed, enrolled })),
    );
    bench.atEnd(() => Promise.all(mixes.map((mix) => mix.close())));

    const seconds = (minutes * 60) / WINDOWS;
    const warm = await closedLoop(
      { atOnce: LANES, calls: Math.min(4_000, Math.round(tenants * seconds * 10)) },
      mixed(mixes, bench.seed).call,
    );
    const most = warm.done / warm.seconds;
    const rate = most / 2;
    bench.figure('most', `closed loop of ${LANES}, mixed`, '1/s', 'thenar', [most]);
    bench.figure('offered', 'offered from here on', '1/s', 'thenar', [rate]);
    // At the rate that follows, so that caches and pools have its size.
    await openLoop({ rate, seconds, seed: bench.seed + 1 }, mixed(mixes, bench.seed + 1).call);

    const pid = target.own?.process.pid;
    const memory: (readonly [number, number])[] = [];
    const windows: Window[] = [];
    const refusals: Record<string, number> = {};
    const from = performance.now();
    const minute = (): number => (performance.now() - from) / 60_000;
    const progress = bench.progress('windows', WINDOWS);
    for (let number = 0; number < WINDOWS; number += 1) {
      const resident: number[] = [];
      const sampling = setInterval(() => {
        if (pid === undefined) return;
        const bytes = residentBytes(pid);
        resident.push(bytes);
        memory.push([minute(), bytes / MIB]);
      }, SAMPLE_MS);
      const began = minute();
      const { call, took } = mixed(mixes, bench.seed + 10 + number);
      const load = await openLoop({ rate, seconds, seed: bench.seed + 10 + number }, call).finally(() =>
        clearInterval(sampling),
      );
      for (const [code, count] of Object.entries(load.refusals)) {
        refusals[code] = (refusals[code] ?? 0) + count;
      }
      const kinds = Object.entries(took) as [Doing, ReturnType<typeof newHistogram>][];
      const p99 = Object.fromEntries(kinds.map(([kind, latency]) => [kind, at({ latency }, 99)]));
      windows.push({
        minute: (began + minute()) / 2,
        load,
        p99: p99 as Window['p99'],
        resident: median(resident),
      });
      progress.tick();
    }
    progress.done();

    const [first] = windows;
    if (first === undefined) throw new Error('there was no window');
    const last = windows.slice(-LAST);
    const each = (value: (window: Window) => number): number[] => windows.map(value);
    bench.figure(
      'done',
      'calls done a second',
      '1/s',
      'thenar',
      each(({ load }) => load.done / load.seconds),
    );
    bench.figure(
      'p99',
      'p99 of all calls, from when each was due',
      'ms',
      'thenar',
      each(({ load }) => at(load, 99)),
    );
    bench.figure(
      'p50',
      'p50 of all calls, from when each was due',
      'ms',
      'thenar',
      each(({ load }) => at(load, 50)),
    );
    for (const doing of Object.keys(shares) as Doing[]) {
      bench.figure(
        `p99-${doing}`,
        `p99 of ${doing}`,
        'ms',
        'thenar',
        each(({ p99 }) => p99[doing]),
      );
    }
    bench.fact(
      'refused',
      Object.values(refusals).reduce((sum, count) => sum + count, 0),
    );
    bench.fact('refusals', JSON.stringify(refusals));
    bench.fact('webhooksReceived', receiver.count());
    bench.ratio(
      'p99',
      'p99, last windows / first',
      'less',
      last.map(({ load }) => at(load, 99) / at(first.load, 99)),
    );
    bench.plot({
      title: 'Latency under half of the highest load',
      x: { label: 'minutes', scale: 'linear' },
      y: { label: 'p99, ms', scale: 'linear' },
      series: [
        { name: 'all calls', points: windows.map((one) => [one.minute, at(one.load, 99)]), dots: true },
        ...(Object.keys(shares) as Doing[]).map((doing) => ({
          name: doing,
          points: windows.map((one) => [one.minute, one.p99[doing]] as const),
          dashed: true,
        })),
      ],
    });
    if (pid === undefined) return;
    bench.figure(
      'resident',
      'resident memory of the engine',
      'MiB',
      'thenar',
      each((one) => one.resident / MIB),
    );
    bench.ratio(
      'resident',
      'resident memory, last windows / first',
      'less',
      last.map((one) => one.resident / first.resident),
    );
    bench.plot({
      title: 'Resident memory under half of the highest load',
      x: { label: 'minutes', scale: 'linear' },
      y: { label: 'MiB', scale: 'linear' },
      series: [{ name: 'engine', points: memory }],
    });
  },
});
