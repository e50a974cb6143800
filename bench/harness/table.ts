/** The goals and ratios of kept results as a table of Markdown: the one place where documents take figures from. */
import { shown } from './bench.ts';
import type { Judged, Ratio, Result } from './result.ts';

const begin = '<!-- figures: written by `npm run bench -- report` -->';
const end = '<!-- end of figures -->';

/**
 * Puts the figures of these results between the marks of a document.
 * @throws Error when the document has no such marks
 */
export function withFigures(document: string, results: readonly Result[]): string {
  const [before, after] = [document.indexOf(begin), document.indexOf(end)];
  if (before < 0 || after < before) throw new Error('the document has no marks for its figures');
  return `${document.slice(0, before)}${begin}\n\n${figures(results)}\n${document.slice(after)}`;
}

function figures(results: readonly Result[]): string {
  const goals = results.flatMap(({ scenario, goals }) => goals.map((goal) => goalRow(scenario, goal)));
  const sections = results.map(section);
  return [
    '### Goals\n',
    '| scenario | goal | must be | is | |\n|---|---|---|---|---|',
    `${goals.join('\n')}\n`,
    '### Ratios and figures\n',
    ...sections,
  ].join('\n');
}

function goalRow(scenario: string, { text, least, most, value, reached }: Judged): string {
  const bounds = [
    least === undefined ? '' : `≥ ${shown(least)}`,
    most === undefined ? '' : `≤ ${shown(most)}`,
  ].filter((bound) => bound !== '');
  return `| \`${scenario}\` | ${cell(text)} | ${bounds.join(', ')} | ${shown(value)} | ${reached ? 'reached' : '**missed**'} |`;
}

function section({ scenario, summary, baseline, ratios, figures, machine, versions }: Result): string {
  const rows = [
    ...Object.values(ratios).map((ratio) => ratioRow(ratio)),
    ...Object.values(figures).map(
      ({ title, unit, side, spread }) =>
        `| ${side === 'baseline' ? 'baseline: ' : ''}${cell(title)} | ${shown(spread.median)} ${unit} | ${shown(spread.min)} – ${shown(spread.max)} |`,
    ),
  ];
  return [
    `**\`${scenario}\`**: ${cell(summary)}; beside it ${cell(baseline)}. ${machine.cpu}, commit ${versions.commit ?? 'unknown'}.\n`,
    '| | median | from – to |\n|---|---|---|',
    `${rows.join('\n')}\n`,
  ].join('\n');
}

function ratioRow({ title, spread }: Ratio): string {
  return `| **${cell(title)}** | **${shown(spread.median)} ×** | ${shown(spread.min)} – ${shown(spread.max)} |`;
}

function cell(text: string): string {
  return text.replace(/\|/g, '\\|');
}
