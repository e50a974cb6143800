/** The table of tools: they measure nothing, but make the data that scenarios and the engine stand on. */
import { UsageError } from './harness/command.ts';

export interface Tool {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  run(options: ToolOptions): Promise<void>;
}

/** Options as the command line gives them: `--seed 7` is `{ seed: '7' }`, a bare flag is `true`. */
export type ToolOptions = Readonly<Record<string, string | boolean | undefined>>;

/** Read when asked for: each brings its own data. */
const loaders: readonly (() => Promise<Tool>)[] = [
  async () => (await import('./palms/calibrate.ts')).calibrate,
  async () => (await import('./palms/export.ts')).exportPalms,
  async () => (await import('./palms/fit.ts')).fitTemplates,
  async () => (await import('./palms/train.ts')).train,
];

export function allTools(): Promise<Tool[]> {
  return Promise.all(loaders.map((load) => load()));
}

/** `--seed 7 --deep` → `{ seed: '7', deep: true }`. @throws UsageError for an argument that is no option */
export function readOptions(words: readonly string[]): ToolOptions {
  const options: Record<string, string | boolean> = {};
  for (let index = 0; index < words.length; index += 1) {
    const [, name, inline] = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/.exec(words[index] ?? '') ?? [];
    if (name === undefined) throw new UsageError(`${words[index]} is no option; options begin with --`);
    const next = words[index + 1];
    if (inline !== undefined) options[name] = inline;
    else if (next !== undefined && !next.startsWith('--')) {
      options[name] = next;
      index += 1;
    } else options[name] = true;
  }
  return options;
}

/** A whole-number option, or its default. @throws UsageError naming the option */
export function integerOption(options: ToolOptions, name: string, otherwise: number): number {
  const given = options[name];
  if (given === undefined) return otherwise;
  const value = typeof given === 'string' && given !== '' ? Number(given) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new UsageError(`--${name} wants a whole number`);
  return value;
}

/** A word, or undefined where it was not given. @throws UsageError for the bare flag */
export function wordOption(options: ToolOptions, name: string): string | undefined {
  const given = options[name];
  if (given === true || given === '') throw new UsageError(`--${name} wants a word`);
  return typeof given === 'string' ? given : undefined;
}

/** Prints one line of a tool's account. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}
