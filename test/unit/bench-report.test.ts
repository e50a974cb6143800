/** What the bench report shows: axes that hold their data, no holes, nothing that a title could break. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { compare, comparisonTable, differences } from '../../bench/harness/compare.ts';
import { drawPlot } from '../../bench/harness/draw.ts';
import { commandOf, renderReport } from '../../bench/harness/page.ts';
import type { PlotData } from '../../bench/harness/plot.ts';
import { judge, type Result, writeResult } from '../../bench/harness/result.ts';
import { keptResults, sayComparison, writeReport } from '../../bench/harness/run.ts';
import { rangeOf, tickLabel, transform } from '../../bench/harness/scale.ts';
import { spread } from '../../bench/harness/statistics.ts';
import { withFigures } from '../../bench/harness/table.ts';
import { assetPath } from '../../engine/asset.ts';

const plot = (points: readonly (readonly [number, number])[], more: Partial<PlotData> = {}): PlotData => ({
  title: 'latency <b>',
  x: { label: 'percentile', scale: 'percentile' },
  y: { label: 'ms', scale: 'log' },
  series: [{ name: 'thenar & more', points }],
  ...more,
});

function result(more: Partial<Result> = {}): Result {
  const ratios = { toBare: { title: 'push / bare', better: 'less', spread: spread([1, 1.1, 1.2]) } } as const;
  const figures = { p50: { title: 'p50', unit: 'ms', side: 'thenar', spread: spread([3]) } } as const;
  return {
    format: 1,
    scenario: 'push',
    summary: 'a push',
    baseline: 'an echo',
    quick: false,
    seed: 4,
    parameters: { calls: 20 },
    target: 'own',
    machine: { cpu: 'one', cores: 2, memoryGiB: 24, platform: 'linux' },
    versions: { node: '20', commit: 'abc' },
    startedAt: '2026-01-02T03:04:05.000Z',
    seconds: 3,
    ratios,
    figures,
    facts: { missed: 0 },
    goals: judge([{ of: 'toBare', most: 1, text: 'no dearer' }], { ratios, figures }),
    plots: [plot([[50, 2]])],
    ...more,
  };
}
const withRatio = (values: readonly number[], better: 'less' | 'more' = 'less') =>
  result({ ratios: { toBare: { title: 'push / bare', better, spread: spread(values) } } });

/** Elements of a text of HTML or SVG that nothing closes, or that something else closes. */
function unclosed(text: string): string[] {
  const open: string[] = [];
  for (const [, close, name, self] of text.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)) {
    if (close === '/' && open.at(-1) === name) open.pop();
    else if (self !== '/') open.push(`${close}${name}`);
  }
  return open;
}

t.test('an axis holds its data, whatever they are', async (t) => {
  const data: readonly (readonly number[])[] = [[], [0], [5], [3, 3], [0.0001, 9_000_000], [-4, 7], [1e-9]];
  for (const scale of ['linear', 'log', 'deviate', 'percentile'] as const) {
    for (const values of data) {
      const range = rangeOf(scale, values);
      t.ok(range.to > range.from, `${scale} of ${values} has a length`);
      t.ok(range.ticks.length >= 2 && range.ticks.length <= 24, `${scale} of ${values} has ticks`);
      t.ok(
        range.ticks.every((tick) => Number.isFinite(transform(scale, tick))),
        `${scale} of ${values} places them`,
      );
      if (scale === 'linear') t.ok(values.every((value) => value >= range.from && value <= range.to));
      if (scale === 'log') t.ok(values.every((value) => value <= 0 || value <= range.to));
    }
  }
  t.equal(tickLabel('linear', 25_000), '25k');
  t.equal(tickLabel('deviate', 0.001), '0.1 %');
  t.equal(tickLabel('percentile', 99.9), '99.9');
});

t.test('a plot has no holes and no markup of its titles', async (t) => {
  const strange = plot([
    [0, 1],
    [99.999, 30],
    [100, Number.NaN],
    [Number.POSITIVE_INFINITY, 3],
  ]);
  for (const drawn of [strange, plot([]), plot([[0.01, 0.02]], { diagonal: true })].map((p) =>
    drawPlot(p, 'a'),
  )) {
    t.notMatch(drawn, /NaN|Infinity|undefined/);
    t.match(drawn, /latency &lt;b&gt;/);
    t.match(drawn, /thenar &amp; more/);
    t.same(unclosed(drawn), []);
  }
});

t.test('a ratio is worse when it is worse by more than both runs spread', async (t) => {
  const verdict = (before: Result, after: Result) => compare(before, after)[0]?.verdict;
  t.equal(verdict(withRatio([1, 1, 1]), withRatio([1.09, 1.09, 1.09])), 'same');
  t.equal(verdict(withRatio([1, 1, 1]), withRatio([1.2, 1.2, 1.2])), 'worse');
  t.equal(verdict(withRatio([1, 1, 1]), withRatio([0.8, 0.8, 0.8])), 'better');
  t.equal(verdict(withRatio([1, 1, 1], 'more'), withRatio([0.8, 0.8, 0.8], 'more')), 'worse');
  t.equal(
    verdict(withRatio([0.5, 1, 1.5]), withRatio([1.2, 1.2, 1.2])),
    'same',
    'a ratio that spreads says little',
  );
  t.equal(verdict(withRatio([1]), result({ ratios: {} })), 'gone');
  t.equal(verdict(result({ ratios: {} }), withRatio([1])), 'new');
  t.match(comparisonTable(compare(withRatio([1]), withRatio([2]))), /\+100 % +worse/);
});

t.test('results that are not comparable say why', async (t) => {
  t.same(differences(result(), result()), []);
  t.same(differences(result(), result({ parameters: { calls: 30 } })), ['--calls 20 beside 30']);
  t.match(differences(result(), result({ machine: { ...result().machine, cpu: 'two' } })), [
    /one beside two/,
  ]);
});

t.test('the report holds every result of its folder and nothing else', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'thenar-report-'));
  t.throws(() => writeReport(folder), { message: /no results/ });
  writeResult(join(folder, 'push.json'), result());
  writeResult(join(folder, 'verify.json'), result({ scenario: 'verify', quick: true }));
  writeFileSync(join(folder, 'calibration.json'), '{"thresholds":[]}');
  const page = readFileSync(writeReport(folder), 'utf8');
  t.match(page, /id="push"/);
  t.match(page, /id="verify"/);
  t.match(page, /not to be quoted/, 'a quick run says so');
  t.match(page, /missed/, 'a missed goal is shown');
  t.notMatch(page, /NaN|undefined|\[object/);
  t.notMatch(page, /<script|https?:\/\//, 'and nothing is fetched or run');
  const said: string[] = [];
  const out = { write: (text: string) => said.push(text) };
  sayComparison(join(folder, 'push.json'), join(folder, 'push.json'), out);
  t.match(said.join(''), /push \/ bare .* same/);
  t.throws(() => sayComparison(join(folder, 'push.json'), join(folder, 'calibration.json'), out), {
    message: /calibration.json is no bench result/,
  });
});

t.test('a result names the command that takes it again', async (t) => {
  t.equal(commandOf(result()), 'npm run bench -- push --seed 4 --calls 20');
  t.equal(commandOf(result({ quick: true })), 'npm run bench -- push --quick --seed 4 --calls 20');
  t.equal(
    commandOf(result({ parameters: { calls: 20, dataset: "/Anna's palms", kind: 'hard' } })),
    "npm run bench -- push --seed 4 --calls 20 --dataset '/Anna'\\''s palms' --kind hard",
    'words as a shell reads them back',
  );
  t.equal(renderReport([]).includes('undefined'), false);
});

t.test('the document shows the kept results and no others', async (t) => {
  const document = readFileSync(assetPath('docs', 'performance.md'), 'utf8');
  const kept = keptResults(assetPath('bench', 'results'));
  t.equal(withFigures(document, kept), document, 'npm run bench -- report');
  const shownIn = withFigures(document, [result()]);
  t.match(shownIn, /\*\*push \/ bare\*\* \| \*\*1.1 ×\*\*/);
  t.match(shownIn, /`push` \| no dearer \| ≤ 1 \| 1.1 \| \*\*missed\*\*/);
  t.equal(withFigures(shownIn, kept), document, 'old figures go');
  t.throws(() => withFigures('# nothing', kept), { message: /no marks/ });
});
