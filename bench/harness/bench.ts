/** What a running scenario is handed: its settings, an engine, and where its figures go. */
import { rmSync } from 'node:fs';
import { Presets, SingleBar } from 'cli-progress';
import { benchFolder } from '../load/folder.ts';
import { machine, versions } from './machine.ts';
import type { PlotData } from './plot.ts';
import { type Figure, judge, type Ratio, type Result, type Side } from './result.ts';
import type { Scenario } from './scenario.ts';
import { type Spread, spread } from './statistics.ts';
import { ownEngine, type RemoteEngine, remoteEngine, type Target } from './target.ts';

export interface Settings<P extends string, T extends string = string> {
  readonly seed: number;
  readonly quick: boolean;
  readonly values: Readonly<Record<P, number>>;
  readonly texts: Readonly<Partial<Record<T, string>>>;
  readonly remote: RemoteEngine | null;
  /** Where words for people go. */
  readonly out: { write(text: string): unknown };
}

export interface Progress {
  tick(): void;
  done(): void;
}

export class Bench<P extends string = string, T extends string = string> {
  readonly seed: number;
  readonly quick: boolean;
  /** The scenario's parameters, as given or by default. */
  readonly values: Readonly<Record<P, number>>;
  /** The scenario's words that were given. */
  readonly texts: Readonly<Partial<Record<T, string>>>;
  readonly #settings: Settings<P, T>;
  readonly #ratios: Record<string, Ratio> = {};
  readonly #figures: Record<string, Figure> = {};
  readonly #facts: Record<string, string | number | boolean> = {};
  readonly #plots: PlotData[] = [];
  readonly #endings: (() => Promise<unknown>)[] = [];

  constructor(settings: Settings<P, T>) {
    this.#settings = settings;
    this.seed = settings.seed;
    this.quick = settings.quick;
    this.values = settings.values;
    this.texts = settings.texts;
  }

  /** Whether the engine to be measured is somebody's: it can be neither restarted nor weighed. */
  get isRemote(): boolean {
    return this.#settings.remote !== null;
  }

  /**
   * Keeps a measured quantity.
   * @param rounds one value a round, a single measurement being one round; or the spread of what has no rounds
   */
  figure(
    name: string,
    title: string,
    unit: string,
    side: Side,
    rounds: readonly number[] | Readonly<Spread>,
  ): void {
    const figure = { title, unit, side, spread: 'median' in rounds ? rounds : spread(rounds) };
    this.#figures[name] = figure;
    this.say(`  ${title.padEnd(60)} ${shown(figure.spread.median).padStart(10)} ${unit}`);
  }

  /** Keeps how the sides compare, a value a round: the headline of a scenario, and what `--check` holds. */
  ratio(name: string, title: string, better: Ratio['better'], rounds: readonly number[]): void {
    const ratio = { title, better, spread: spread(rounds) };
    this.#ratios[name] = ratio;
    const { median, relative } = ratio.spread;
    this.say(`  ${title.padEnd(60)} ${shown(median).padStart(10)} × (±${(relative * 100).toFixed(0)} %)`);
  }

  /** Keeps what is no measurement: a count of the missed, the mode of an index, a percentage that is no ratio. */
  fact(name: string, value: string | number | boolean): void {
    this.#facts[name] = value;
    this.say(`  ${name.padEnd(60)} ${String(value).padStart(10)}`);
  }

  plot(data: PlotData): void {
    this.#plots.push(data);
  }

  say(line = ''): void {
    this.#settings.out.write(`${line}\n`);
  }

  /** A bar on a terminal, a line now and then elsewhere. */
  progress(title: string, total: number): Progress {
    const bar = new SingleBar(
      {
        format: `  ${title.padEnd(32)} {bar} {value}/{total} · {eta_formatted} left`,
        hideCursor: true,
        clearOnComplete: true,
        noTTYOutput: true,
        notTTYSchedule: 10_000,
      },
      Presets.shades_classic,
    );
    bar.start(total, 0);
    this.atEnd(async () => bar.stop());
    return { tick: () => bar.increment(), done: () => bar.stop() };
  }

  /** A folder that an embedded PostgreSQL can use; gone when the scenario ends. */
  folder(name: string): string {
    const path = benchFolder(name);
    this.atEnd(async () => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  /** The engine to be measured: the given one, or a new one on an empty data directory; stopped at the end. */
  async engine(environment: Readonly<Record<string, string>> = {}): Promise<Target> {
    const { remote } = this.#settings;
    if (remote !== null) return remoteEngine(remote);
    return this.ownEngine(`${this.folder('engine')}/data`, environment);
  }

  /** An engine of this scenario's own, whatever the command line says. */
  async ownEngine(dataDir: string, environment: Readonly<Record<string, string>> = {}) {
    const target = await ownEngine(dataDir, environment);
    this.atEnd(() => target.stop());
    return target;
  }

  /** Runs when the scenario has ended, however it ended; the last one first. */
  atEnd(ending: () => Promise<unknown>): void {
    this.#endings.push(ending);
  }

  /** Undoes everything; what fails does not keep the rest from being undone. */
  async end(): Promise<void> {
    for (const ending of this.#endings.splice(0).reverse()) await ending().catch(() => {});
  }

  result(of: Scenario, startedAt: Date): Result {
    const taken = { ratios: this.#ratios, figures: this.#figures };
    return {
      format: 1,
      scenario: of.name,
      summary: of.summary,
      baseline: of.baseline,
      quick: this.quick,
      seed: this.seed,
      parameters: { ...this.values, ...this.texts },
      target: this.#settings.remote?.url ?? 'own',
      machine: machine(),
      versions: versions(of.packages ?? []),
      startedAt: startedAt.toISOString(),
      seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
      ...taken,
      facts: this.#facts,
      goals: judge(of.goals, taken),
      plots: this.#plots,
    };
  }
}

/** Three significant digits, thousands apart. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
}

/** Runs a scenario with its settings; cleans up after it, however it ends. */
export async function runScenario<P extends string, T extends string>(
  scenario: Scenario<P, T>,
  settings: Settings<P, T>,
): Promise<Result> {
  const bench = new Bench(settings);
  const startedAt = new Date();
  try {
    await scenario.run(bench);
    return bench.result(scenario, startedAt);
  } finally {
    await bench.end();
  }
}
