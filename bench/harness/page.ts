/** The report: one HTML file with everything in it, no script and nothing from elsewhere. */
import { shown } from './bench.ts';
import { drawPlot, escapeHtml } from './draw.ts';
import type { Judged, Result } from './result.ts';

const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6470; --line: #d9dee4; --ground: #fff; --good: #0a7a4b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #9aa4b0; --line: #353c45; --ground: #15181c; --good: #4cc38a; --bad: #ff8a80; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1.5rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; } th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } .soft, small { color: var(--soft); }
.reached { color: var(--good); } .missed { color: var(--bad); font-weight: 600; }
figure { margin: 1.5rem 0; } figcaption small { display: block; } svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
svg .grid { stroke: var(--line); } svg .frame { fill: none; stroke: var(--soft); } .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; margin: .3rem 0; font-size: 13px; }
code { font-size: 13px; overflow-wrap: anywhere; } nav a { margin-right: 1rem; } a { color: inherit; }`;

/** @param results in the order in which they are shown */
export function renderReport(results: readonly Result[]): string {
  const [first] = results;
  const head = first === undefined ? '' : about(first, results);
  const links = results.map(({ scenario }) => `<a href="#${scenario}">${scenario}</a>`).join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Thenar: bench report</title>
<style>${style}</style>
<h1>Bench report</h1>
${head}
<nav>${links}</nav>
${goalTable(results)}
${results.map(section).join('\n')}
</html>
`;
}

function about({ machine, versions }: Result, results: readonly Result[]): string {
  const kinds = results.some(({ quick }) => quick)
    ? '<p><b>A quick run: it shows that everything works and roughly where it stands. Its figures are not to be quoted.</b></p>'
    : '';
  const commits = [...new Set(results.map((result) => result.versions.commit ?? 'unknown'))].join(', ');
  return `<p class="soft">${escapeHtml(machine.cpu)}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${escapeHtml(machine.platform)}, Node ${escapeHtml(versions.node ?? '')}; commit ${escapeHtml(commits)}. Engine, load and baselines share the machine, so ratios within a run count and milliseconds are those of a small, busy server. Medians of interleaved rounds; ± is half the distance between the quartiles.</p>${kinds}`;
}

function goalTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ scenario, goals }) => goals.map((goal) => goalRow(scenario, goal)));
  const missed = results.flatMap(({ goals }) => goals).filter(({ reached }) => !reached).length;
  const words = missed === 0 ? 'all reached' : `${missed} not reached`;
  return `<h2>Goals <small>${rows.length} judged, ${words}</small></h2>
<table><tr><th>scenario<th>goal<th class="n">must be<th class="n">is<th></tr>${rows.join('')}</table>`;
}

function goalRow(scenario: string, goal: Judged): string {
  const bounds = [
    goal.least === undefined ? '' : `≥ ${shown(goal.least)}`,
    goal.most === undefined ? '' : `≤ ${shown(goal.most)}`,
  ];
  const verdict = goal.reached
    ? '<span class="reached">reached</span>'
    : '<span class="missed">missed</span>';
  return `<tr><td><a href="#${scenario}">${scenario}</a><td>${escapeHtml(goal.text)}<td class="n">${bounds.filter(Boolean).join(', ')}<td class="n">${shown(goal.value)}<td>${verdict}</tr>`;
}

function section(result: Result): string {
  const { scenario, summary, baseline, ratios, figures, facts, plots } = result;
  const ratioRows = Object.values(ratios).map(
    ({ title, spread, better }) =>
      `<tr><td>${escapeHtml(title)} <span class="soft">(${better} is better)</span>${numbers(spread, '×')}</tr>`,
  );
  const figureRows = Object.values(figures).map(
    ({ title, unit, side, spread }) =>
      `<tr><td>${side === 'baseline' ? '<span class="soft">baseline:</span> ' : ''}${escapeHtml(title)}${numbers(spread, unit)}</tr>`,
  );
  const factRows = Object.entries(facts).map(
    ([name, value]) => `<tr><td>${escapeHtml(name)}<td class="n">${escapeHtml(String(value))}</tr>`,
  );
  const head = '<tr><th><th class="n">median<th class="n">from – to<th class="n">±<th class="n">rounds</tr>';
  return `<h2 id="${scenario}">${scenario}</h2>
<p>${escapeHtml(summary)}; beside it ${escapeHtml(baseline)}.</p>
<p class="soft"><code>${escapeHtml(commandOf(result))}</code> · ${escapeHtml(result.startedAt.slice(0, 16).replace('T', ' '))} UTC, ${result.seconds} s · ${escapeHtml(versionsOf(result))}</p>
${ratioRows.length === 0 ? '' : `<table>${head}${ratioRows.join('')}</table>`}
${figureRows.length === 0 ? '' : `<table>${head}${figureRows.join('')}</table>`}
${factRows.length === 0 ? '' : `<table>${factRows.join('')}</table>`}
${plots.map((plot, index) => drawPlot(plot, `${scenario}-${index}`)).join('\n')}`;
}

function numbers(
  spread: { median: number; min: number; max: number; relative: number; rounds: number },
  unit: string,
): string {
  const { median, min, max, relative, rounds } = spread;
  return `<td class="n">${shown(median)} ${escapeHtml(unit)}<td class="n">${shown(min)} – ${shown(max)}<td class="n">${(relative * 100).toFixed(0)} %<td class="n">${rounds}`;
}

/** The command that takes the result again. */
export function commandOf({ scenario, seed, parameters, quick }: Result): string {
  const given = Object.entries(parameters).map(([name, value]) => `--${name} ${quoted(String(value))}`);
  return ['npm run bench --', scenario, ...(quick ? ['--quick'] : []), `--seed ${seed}`, ...given].join(' ');
}

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function versionsOf({ versions }: Result): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
