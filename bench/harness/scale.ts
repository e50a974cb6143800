/** Axes: which range the data needs, where its ticks stand, and how a value is placed and written. */
import { normalQuantile } from '../palms/mathematics.ts';
import type { Scale } from './plot.ts';

export interface Range {
  readonly scale: Scale;
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

const RATE_TICKS = [1e-6, 1e-5, 1e-4, 1e-3, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];
const PERCENTILE_TICKS = [0, 50, 90, 99, 99.9, 99.99, 99.999];

/** The value on the axis' own scale, where equal distances look equal. */
export function transform(scale: Scale, value: number): number {
  switch (scale) {
    case 'linear':
      return value;
    case 'log':
      return Math.log10(Math.max(value, Number.MIN_VALUE));
    case 'deviate':
      return normalQuantile(Math.min(Math.max(value, 1e-12), 1 - 1e-12));
    case 'percentile':
      // Each further nine is as far as the one before, as in every latency plot of HdrHistogram.
      return Math.log10(100 / Math.max(100 - value, 1e-6));
    default:
      return scale satisfies never;
  }
}

/** A range that holds all values. Of nothing: 0 to 1. */
export function rangeOf(scale: Scale, values: readonly number[]): Range {
  const usable = values.filter((value) => Number.isFinite(value) && (scale === 'linear' || value > 0));
  const low = usable.length === 0 ? 0 : Math.min(...usable);
  const high = usable.length === 0 ? 1 : Math.max(...usable);
  switch (scale) {
    case 'linear':
      return linear(Math.min(0, low), high);
    case 'log':
      return logarithmic(low, high);
    case 'deviate':
      return within(scale, RATE_TICKS, low, high);
    case 'percentile':
      return within(scale, PERCENTILE_TICKS, 0, high);
    default:
      return scale satisfies never;
  }
}

function linear(low: number, high: number): Range {
  const span = high - low || 1;
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? rough;
  const from = Math.floor(low / step) * step;
  const count = Math.max(1, Math.ceil((high - from) / step - 1e-9));
  const ticks = Array.from({ length: count + 1 }, (_, n) => Number((from + n * step).toPrecision(12)));
  return { scale: 'linear', from, to: ticks[count]!, ticks };
}

function logarithmic(low: number, high: number): Range {
  const first = Math.floor(Math.log10(low || 1) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high || 10) - 1e-9));
  const factors = last - first <= 2 ? [1, 2, 5] : [1];
  const ticks = Array.from({ length: last - first + 1 }, (_, n) => first + n).flatMap((power) =>
    factors.map((factor) => Number((factor * 10 ** power).toPrecision(6))),
  );
  const to = 10 ** last;
  return { scale: 'log', from: 10 ** first, to, ticks: ticks.filter((tick) => tick <= to) };
}

function within(scale: Scale, ticks: readonly number[], low: number, high: number): Range {
  const last = ticks.length - 1;
  const above = ticks.findIndex((tick) => tick >= high);
  const first = Math.max(
    0,
    Math.min(
      last - 1,
      ticks.findLastIndex((tick) => tick <= low),
    ),
  );
  const end = Math.max(first + 1, above === -1 ? last : above);
  return { scale, from: ticks[first]!, to: ticks[end]!, ticks: ticks.slice(first, end + 1) };
}

/** A probability as per cent with as many digits as it needs. */
export function percent(value: number): string {
  return `${Number((value * 100).toPrecision(3))} %`;
}

/** A tick as people write it: `10k`, `0.5`, `99.9`. */
export function tickLabel(scale: Scale, value: number): string {
  if (scale === 'deviate') return percent(value);
  const units = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const;
  const [size, unit] = units.find(([least]) => Math.abs(value) >= least) ?? [1, ''];
  return `${Number((value / size).toPrecision(4))}${unit}`;
}
