/** Recall against time, time against size, memory against size. */
import type { Bench } from '../harness/bench.ts';
import type { SeriesData } from '../harness/plot.ts';
import { median } from '../harness/statistics.ts';
import type { SideName } from './protocol.ts';
import type { Measured } from './searches.ts';

const names: Readonly<Record<string, string>> = {
  identify: 'Thenar, with comparison',
  search: 'Thenar, search alone',
  exact: 'exact scan with SIMD',
  plain: 'exact scan, plain loop',
  thenar: 'Thenar, with codes for comparison',
  hnswlib: 'hnswlib-node',
  usearchF32: 'usearch f32',
  usearchI8: 'usearch i8',
  pgvector: 'pgvector',
};

export function plotSearches(bench: Bench, measured: readonly Measured[], graphs: number): void {
  const at = measured.findLast(({ palms }) => palms <= graphs);
  if (at !== undefined) plotRecall(bench, at);
  const times = ['identify', 'search', 'exact', 'plain', 'hnswlib', 'usearchF32', 'usearchI8', 'pgvector'];
  bench.plot({
    title: 'Time of one search against the size of the gallery',
    subtitle: 'graphs at the least effort with a recall of 0.99',
    x: { label: 'palms', scale: 'log' },
    y: { label: 'ms', scale: 'log' },
    series: seriesOf(measured, times, ({ times: taken }, name) =>
      taken[name] === undefined ? null : median(taken[name]),
    ),
  });
  bench.plot({
    title: 'Memory against the size of the gallery',
    x: { label: 'palms', scale: 'log' },
    y: { label: 'MiB', scale: 'log' },
    series: seriesOf(
      measured,
      ['thenar', 'hnswlib', 'usearchF32', 'usearchI8', 'pgvector'],
      ({ grown }, name) => {
        const bytes = grown[name as SideName]?.bytes ?? 0;
        return bytes > 0 ? bytes / 2 ** 20 : null;
      },
    ),
  });
}

function plotRecall(bench: Bench, { palms, sweeps, times, recall }: Measured): void {
  const graphs = Object.entries(sweeps).map(
    ([side, sweep]): SeriesData => ({
      name: names[side]!,
      points: sweep.map((one) => [one.ms, one.recall] as const),
      dots: true,
    }),
  );
  const ours = ['search', 'identify'].map(
    (work): SeriesData => ({ name: names[work]!, points: [[median(times[work]!), recall]], dots: true }),
  );
  bench.plot({
    title: `Recall@20 against time of one search, ${palms.toLocaleString('en')} palms`,
    x: { label: 'ms', scale: 'log' },
    y: { label: 'recall@20', scale: 'linear' },
    series: [...graphs, ...ours],
  });
}

function seriesOf(
  measured: readonly Measured[],
  which: readonly string[],
  value: (one: Measured, name: string) => number | null,
): SeriesData[] {
  return which.flatMap((name) => {
    const points = measured.flatMap((one) => {
      const y = value(one, name);
      return y === null ? [] : [[one.palms, y] as const];
    });
    return points.length === 0 ? [] : [{ name: names[name]!, points, dots: true }];
  });
}
