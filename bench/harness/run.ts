/** Runs scenarios one after the other, keeps their results and the report, and says how they stand. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assetPath } from '../../engine/asset.ts';
import { runScenario, shown } from './bench.ts';
import { type RunOptions, settingsOf } from './command.ts';
import { type Result, writeResult } from './result.ts';
import type { Scenario } from './scenario.ts';

/** Results of quick runs are no figures to quote, so they do not take the place of those that are. */
function folderFor({ out, quick }: RunOptions): string {
  if (out !== null) return out;
  return quick ? mkdtempSync(join(tmpdir(), 'thenar-bench-')) : assetPath('bench', 'results');
}

/** @returns the results, and the folder that they were written to; a scenario that fails ends the run */
export async function runAll(
  chosen: readonly Scenario[],
  options: RunOptions,
  out: { write(text: string): unknown },
): Promise<{ readonly results: readonly Result[]; readonly folder: string }> {
  const folder = folderFor(options);
  const results: Result[] = [];
  for (const scenario of chosen) {
    out.write(`${scenario.name}: ${scenario.summary}\n  beside it: ${scenario.baseline}\n`);
    const result = await runScenario(scenario, settingsOf(scenario, options, out));
    results.push(result);
    for (const { text, value, reached } of result.goals) {
      out.write(`  ${reached ? 'reached' : 'MISSED '}  ${text}: ${shown(value)}\n`);
    }
    const path = join(folder, `${scenario.name}.json`);
    writeResult(path, result);
    out.write(`  ${result.seconds} s; written to ${path}\n\n`);
  }
  return { results, folder };
}
