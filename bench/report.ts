/**
 * What every scenario shares: facts of the machine, robust statistics of repeated rounds, and the result files.
 * A figure without its machine and its spread is worth nothing, so both are written beside it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { assetPath } from '../engine/asset.ts';

/** One entry of the bench table: what `npm run bench` lists and runs. */
export interface Scenario {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  run(options: BenchOptions): Promise<void>;
}

/** Options as the command line gives them: `--seed 7` is `{ seed: '7' }`, a bare flag is `true`. */
export type BenchOptions = Readonly<Record<string, string | boolean | undefined>>;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly commit: string | null;
  readonly takenAt: string;
}

function currentCommit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: assetPath(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null; // A packed copy has no history; the figures stand without it.
  }
}

/** The machine a result was taken on. */
export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    commit: currentCommit(),
    takenAt: new Date().toISOString(),
  };
}

/** The `p` quantile (0 to 1) by linear interpolation between order statistics; NaN of nothing. */
export function quantile(values: ArrayLike<number>, p: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const position = Math.min(Math.max(p, 0), 1) * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  return low + (sorted[Math.min(below + 1, sorted.length - 1)]! - low) * (position - below);
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

export interface Spread {
  readonly rounds: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Half the distance between the quartiles, as a share of the median: how far to trust the median. */
  readonly relative: number;
}

/** Median and spread of repeated rounds. */
export function spread(values: ArrayLike<number>): Spread {
  const middle = median(values);
  return {
    rounds: values.length,
    min: quantile(values, 0),
    median: middle,
    max: quantile(values, 1),
    relative: (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / middle,
  };
}

/** A whole-number option of the command line, or its default. @throws Error naming the option. */
export function integerOption(options: BenchOptions, name: string, otherwise: number): number {
  const given = options[name];
  if (given === undefined) return otherwise;
  const value = typeof given === 'string' && given !== '' ? Number(given) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new Error(`--${name} wants a whole number`);
  return value;
}

/** Prints one line of a scenario's account. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Keeps a result as `bench/results/<name>.json` with the machine it was taken on.
 * @returns the path written, for the scenario to print.
 */
export function writeResult(name: string, result: object): string {
  const folder = assetPath('bench', 'results');
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${name}.json`;
  writeFileSync(path, `${JSON.stringify({ machine: machine(), ...result }, null, 2)}\n`);
  return path;
}
