/** `thenar bench`: scenarios, and the tools beside them. */
import { readCommand, UsageError } from './harness/command.ts';
import { type Out, runAll, sayComparison, writeKeptReport } from './harness/run.ts';
import type { Scenario } from './harness/scenario.ts';
import { scenarios } from './scenarios.ts';
import { allTools, readOptions } from './tools.ts';

/**
 * `thenar bench WORDS`: runs scenarios or a tool, compares results, makes the report; without words lists all.
 * @returns the exit code: 1 when a scenario failed or a checked ratio has become worse, 2 for words that make no sense
 */
export async function runBench(words: readonly string[], out: Out = process.stdout): Promise<number> {
  try {
    return await run(words, out);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`thenar: ${error.message}\n`);
    return 2;
  }
}

async function run(words: readonly string[], out: Out): Promise<number> {
  const [name = ''] = words;
  const tool = (await allTools()).find((candidate) => candidate.name === name);
  if (tool !== undefined) {
    await tool.run(readOptions(words.slice(1)));
    return 0;
  }
  const asked = readCommand(words, scenarios);
  switch (asked.kind) {
    case 'list':
      out.write(await listing());
      return 0;
    case 'report':
      for (const path of writeKeptReport()) out.write(`${path}\n`);
      return 0;
    case 'compare':
      sayComparison(asked.before, asked.after, out);
      return 0;
    case 'run': {
      const failed = await runAll(asked.scenarios, asked.options, out);
      for (const what of failed) out.write(`NOT WELL  ${what}\n`);
      return failed.length === 0 ? 0 : 1;
    }
    default:
      return asked satisfies never;
  }
}

async function listing(): Promise<string> {
  const line = ({ name, summary }: { name: string; summary: string }) => `  ${name.padEnd(12)} ${summary}`;
  return [
    'Scenarios, each beside a baseline in the same run (all: one after the other; --quick: in minutes):',
    ...scenarios.map(line),
    'Tools:',
    ...(await allTools()).map(line),
    'Words: all, report, --quick, --seed N, --out FOLDER, --check, --compare BEFORE.json AFTER.json;',
    '--url, --device-url, --ops-url, --admin-email, --admin-password for an engine that runs already.',
    'Parameters:',
    ...scenarios.flatMap(parameterLines),
    '',
  ].join('\n');
}

function parameterLines({ name, parameters, texts = {} }: Scenario): string[] {
  const line = (parameter: string, what: string) => `  ${name.padEnd(12)} --${parameter.padEnd(14)} ${what}`;
  return [
    ...Object.entries(parameters).map(([parameter, { what, full, quick }]) =>
      line(parameter, `${what} (${full}; quick ${quick})`),
    ),
    ...Object.entries(texts).map(([text, { what }]) => line(text, `${what} (a word, may be left out)`)),
  ];
}
