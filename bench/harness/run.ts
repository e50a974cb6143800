/** Runs scenarios one after the other, keeps their results and the report, and says how they stand. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assetPath } from '../../engine/asset.ts';
import { runScenario, shown } from './bench.ts';
import { type RunOptions, settingsOf } from './command.ts';
import { compare, comparisonTable, differences } from './compare.ts';
import { renderReport } from './page.ts';
import { type Result, readResult, resultPath, writeResult } from './result.ts';
import type { Scenario } from './scenario.ts';
import { withFigures } from './table.ts';

export interface Out {
  write(text: string): unknown;
}

/** Results of quick runs are no figures to quote, so they do not take the place of those that are. */
function folderFor({ out, quick }: RunOptions): string {
  if (out !== null) return out;
  return quick ? mkdtempSync(join(tmpdir(), 'thenar-bench-')) : assetPath('bench', 'results');
}

/**
 * @returns what failed: scenarios that threw, and with `--check` ratios that have become worse; the others run on
 */
export async function runAll(
  chosen: readonly Scenario[],
  options: RunOptions,
  out: Out,
): Promise<readonly string[]> {
  const folder = folderFor(options);
  const failed: string[] = [];
  const results: Result[] = [];
  for (const scenario of chosen) {
    // Read before the run, which may put its own in that place.
    const kept = options.check ? keptResult(scenario.name, options.quick, chosen.length > 1) : null;
    out.write(`${scenario.name}: ${scenario.summary}\n  beside it: ${scenario.baseline}\n`);
    try {
      const result = await runScenario(scenario, settingsOf(scenario, options, out));
      results.push(result);
      const path = join(folder, `${scenario.name}.json`);
      writeResult(path, result);
      sayGoals(result, out);
      out.write(`  ${result.seconds} s; written to ${path}\n\n`);
      if (kept !== null) failed.push(...worse(kept, result, out));
      else if (options.check) out.write('  nothing is kept to check this against\n\n');
    } catch (error) {
      if (chosen.length === 1) throw error;
      failed.push(`${scenario.name} failed`);
      out.write(`  FAILED  ${error instanceof Error ? error.stack : error}\n\n`);
    }
  }
  out.write(`report: ${writeReport(folder)}\n`);
  return failed;
}

function sayGoals({ goals }: Result, out: Out): void {
  for (const { text, value, reached } of goals) {
    out.write(`  ${reached ? 'reached' : 'MISSED '}  ${text}: ${shown(value)}\n`);
  }
}

/**
 * Quick results are held against quick ones, kept with `--quick --out bench/results/quick`.
 * @param amongOthers null when nothing is kept, so that the others are still run
 * @throws Error when nothing is kept of the only one
 */
function keptResult(scenario: string, quick: boolean, amongOthers: boolean): Result | null {
  const path = quick ? assetPath('bench', 'results', 'quick', `${scenario}.json`) : resultPath(scenario);
  if (existsSync(path)) return readResult(path);
  if (amongOthers) return null;
  throw new Error(`there is no ${path} to check against`);
}

function worse(kept: Result, result: Result, out: Out): string[] {
  const compared = compare(kept, result);
  out.write(`${comparisonTable(compared)}\n`);
  const found = compared.filter(({ verdict }) => verdict === 'worse' || verdict === 'gone');
  return found.map(({ title, verdict }) => `${result.scenario}: ${title} is ${verdict}`);
}

/** Says how two kept results differ. */
export function sayComparison(before: string, after: string, out: Out): void {
  const [was, is] = [readResult(before), readResult(after)];
  for (const difference of differences(was, is)) out.write(`not the same: ${difference}\n`);
  out.write(comparisonTable(compare(was, is)));
}

/**
 * Makes `report.html` of all results in a folder. @returns its path
 * @throws Error when the folder has none
 */
export function writeReport(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const results = keptResults(folder);
  if (results.length === 0) throw new Error(`${folder} holds no results`);
  const path = join(folder, 'report.html');
  writeFileSync(path, renderReport(results));
  return path;
}

/** The report of the kept results, and the document that shows them. @returns the paths written */
export function writeKeptReport(): readonly string[] {
  const folder = assetPath('bench', 'results');
  const document = assetPath('docs', 'performance.md');
  writeFileSync(document, withFigures(readFileSync(document, 'utf8'), keptResults(folder)));
  return [writeReport(folder), document];
}

/** All results in a folder, by name. Tools keep other files beside them, such as calibrations. */
export function keptResults(folder: string): Result[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.sort().flatMap((name) => {
    try {
      return [readResult(join(folder, name))];
    } catch {
      return [];
    }
  });
}
