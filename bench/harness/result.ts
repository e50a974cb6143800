/** The result of a run, as it is kept in `bench/results/<scenario>.json`. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { assetPath } from '../../engine/asset.ts';
import type { Machine, Versions } from './machine.ts';
import type { PlotData } from './plot.ts';
import type { Goal } from './scenario.ts';
import type { Spread } from './statistics.ts';

export type Side = 'thenar' | 'baseline';

/** A measured quantity of one side. */
export interface Figure {
  readonly title: string;
  /** `ms`, `1/s`, `KiB`, … */
  readonly unit: string;
  readonly side: Side;
  readonly spread: Spread;
}

/** One side against the other, round by round. */
export interface Ratio {
  readonly title: string;
  /** Which direction is better, for comparisons between runs. */
  readonly better: 'less' | 'more';
  readonly spread: Spread;
}

export interface Judged extends Goal {
  readonly value: number;
  readonly reached: boolean;
}

export interface Result {
  readonly format: 1;
  readonly scenario: string;
  readonly summary: string;
  readonly baseline: string;
  readonly quick: boolean;
  readonly seed: number;
  /** Numbers, and the words that were given. */
  readonly parameters: Readonly<Record<string, number | string>>;
  /** `own`: an engine started for the run. Else the URL that was measured. */
  readonly target: string;
  readonly machine: Machine;
  readonly versions: Versions;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly ratios: Readonly<Record<string, Ratio>>;
  readonly figures: Readonly<Record<string, Figure>>;
  /** Counts and states that are no measurement: nobody missed, resumed handshakes, the mode of an index. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly goals: readonly Judged[];
  readonly plots: readonly PlotData[];
}

/** Holds a run's ratios and figures against the goals of its scenario; those it did not take are left out. */
export function judge(
  goals: readonly Goal[],
  { ratios, figures }: Pick<Result, 'ratios' | 'figures'>,
): Judged[] {
  return goals.flatMap((goal) => {
    const value = (ratios[goal.of] ?? figures[goal.of])?.spread.median;
    if (value === undefined) return [];
    const reached = value >= (goal.least ?? -Infinity) && value <= (goal.most ?? Infinity);
    return [{ ...goal, value, reached }];
  });
}

/** `bench/results/<scenario>.json`, where the figures that documents quote are kept. */
export function resultPath(scenario: string): string {
  return assetPath('bench', 'results', `${scenario}.json`);
}

export function writeResult(path: string, result: Result): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.next`, `${JSON.stringify(result, null, 2)}\n`);
  renameSync(`${path}.next`, path);
}

/** @throws Error naming the file when it is no result of this format */
export function readResult(path: string): Result {
  const read = JSON.parse(readFileSync(path, 'utf8')) as Partial<Result>;
  if (read.format !== 1 || typeof read.scenario !== 'string' || typeof read.ratios !== 'object') {
    throw new Error(`${path} is no bench result`);
  }
  return read as Result;
}
