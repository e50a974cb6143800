/** Two results of one scenario side by side, and what has become worse. Ratios are compared, not milliseconds. */
import { shown } from './bench.ts';
import type { Ratio, Result } from './result.ts';

export type Verdict = 'better' | 'worse' | 'same' | 'new' | 'gone';

export interface Compared {
  readonly name: string;
  readonly title: string;
  readonly before: number | null;
  readonly after: number | null;
  /** after / before − 1; null where one of them is missing. */
  readonly change: number | null;
  /** How far apart two medians must be before they count as different. */
  readonly tolerance: number;
  readonly verdict: Verdict;
}

/** Ratios of one version differ by this much between runs on a busy two-core machine, whatever their spread says. */
const TOLERANCE = 0.1;

/** What keeps two results from being comparable, in words; empty when they are. */
export function differences(before: Result, after: Result): string[] {
  const said: string[] = [];
  if (before.scenario !== after.scenario) said.push(`${before.scenario} beside ${after.scenario}`);
  if (before.machine.cpu !== after.machine.cpu)
    said.push(`${before.machine.cpu} beside ${after.machine.cpu}`);
  const names = new Set([...Object.keys(before.parameters), ...Object.keys(after.parameters)]);
  for (const name of names) {
    const [was, is] = [before.parameters[name], after.parameters[name]];
    if (was !== is) said.push(`--${name} ${was ?? 'unset'} beside ${is ?? 'unset'}`);
  }
  return said;
}

/** Every ratio of either result. A change within the tolerance, or within what both spread, is `same`. */
export function compare(before: Result, after: Result): Compared[] {
  const names = new Set([...Object.keys(before.ratios), ...Object.keys(after.ratios)]);
  return [...names].map((name) => compareOne(name, before.ratios[name], after.ratios[name]));
}

function compareOne(name: string, was: Ratio | undefined, is: Ratio | undefined): Compared {
  const tolerance = Math.max(TOLERANCE, 2 * ((was?.spread.relative ?? 0) + (is?.spread.relative ?? 0)));
  const common = { name, title: (is ?? was)?.title ?? name, tolerance };
  if (was === undefined || is === undefined) {
    const verdict = was === undefined ? 'new' : 'gone';
    const after = is?.spread.median ?? null;
    return { ...common, before: was?.spread.median ?? null, after, change: null, verdict };
  }
  const [before, after] = [was.spread.median, is.spread.median];
  const change = after / before - 1;
  const gain = is.better === 'more' ? change : -change;
  const verdict = Math.abs(change) <= tolerance ? 'same' : gain > 0 ? 'better' : 'worse';
  return { ...common, before, after, change, verdict };
}

/** A table for the terminal. */
export function comparisonTable(compared: readonly Compared[]): string {
  const rows = compared.map(({ title, before, after, change, verdict }) =>
    [
      title.padEnd(60),
      (before === null ? '–' : shown(before)).padStart(10),
      (after === null ? '–' : shown(after)).padStart(10),
      (change === null ? '' : `${change >= 0 ? '+' : ''}${(change * 100).toFixed(0)} %`).padStart(8),
      ` ${verdict}`,
    ].join(''),
  );
  return [`${'ratio'.padEnd(60)}${'before'.padStart(10)}${'after'.padStart(10)}`, ...rows, ''].join('\n');
}
