/** `thenar bench`: the table of scenarios. */
import { readCommand } from './harness/command.ts';
import { runAll } from './harness/run.ts';
import type { BenchOptions, Scenario } from './report.ts';
import { scenarios as ported } from './scenarios.ts';

/** Read when asked for: each brings its own simulators and data. */
const scenarios: readonly (() => Promise<Scenario>)[] = [
  async () => (await import('./accuracy.ts')).accuracy,
  async () => (await import('./actors.ts')).actorsScenario,
  async () => (await import('./ann.ts')).ann,
  async () => (await import('./calibrate.ts')).calibrate,
  async () => (await import('./palms/fit.ts')).fitTemplates,
  async () => (await import('./identify.ts')).identify,
  async () => (await import('./push.ts')).push,
  async () => (await import('./recover.ts')).recover,
  async () => (await import('./stats.ts')).stats,
  async () => (await import('./palms/train.ts')).train,
];

/** Runs one scenario, or lists all with one line each. @throws Error for an unknown name */
export async function runBench(name: string | undefined, args: readonly string[]): Promise<void> {
  const asked = readFirst(name, args);
  if (asked?.kind === 'run') return void (await runAll(asked.scenarios, asked.options, process.stdout));
  const all = await Promise.all(scenarios.map((load) => load()));
  if (name === undefined) {
    for (const scenario of all) process.stdout.write(`${scenario.name.padEnd(12)} ${scenario.summary}\n`);
    return;
  }
  const scenario = all.find((candidate) => candidate.name === name);
  if (scenario === undefined) {
    throw new Error(`there is no scenario ${name}; there are ${all.map((known) => known.name).join(', ')}`);
  }
  await scenario.run(readOptions(args));
}

function readFirst(name: string | undefined, args: readonly string[]) {
  if (name === undefined || !ported.some((scenario) => scenario.name === name)) return null;
  return readCommand([name, ...args], ported);
}

/** `--seed 7 --check` → `{ seed: '7', check: true }`. @throws Error for an argument that is no option */
export function readOptions(args: readonly string[]): BenchOptions {
  const options: Record<string, string | boolean> = {};
  for (let index = 0; index < args.length; index += 1) {
    const [, name, inline] = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/.exec(args[index] ?? '') ?? [];
    if (name === undefined) throw new Error(`${args[index]} is no option; options begin with --`);
    const next = args[index + 1];
    if (inline !== undefined) options[name] = inline;
    else if (next !== undefined && !next.startsWith('--')) {
      options[name] = next;
      index += 1;
    } else options[name] = true;
  }
  return options;
}
