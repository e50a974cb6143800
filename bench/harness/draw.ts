/** A plot as self-contained SVG that takes its ink from the page around it, so that it fits light and dark alike. */
import type { PlotData, SeriesData } from './plot.ts';
import { type Range, rangeOf, tickLabel, transform } from './scale.ts';

const width = 720;
const height = 400;
const frame = { left: 72, right: 16, top: 16, bottom: 56 };
/** Colours that stay apart for colour-blind readers (Okabe & Ito 2008), on white and on black. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c8c8c'];
const dashes = ['', '7 4', '2 3', '10 3 2 3', '1 4', '12 4'];

/** The plot with its title and legend, as a `<figure>`. */
export function drawPlot(plot: PlotData, id: string): string {
  const points = plot.series.flatMap((series) => series.points);
  const x = rangeOf(
    plot.x.scale,
    points.map(([value]) => value),
  );
  const y = rangeOf(
    plot.y.scale,
    points.map(([, value]) => value),
  );
  const across = place(x, frame.left, width - frame.right);
  const down = place(y, height - frame.bottom, frame.top);
  const marks = plot.series.map((series, index) => drawSeries(series, index, across, down, id));
  const diagonal = plot.diagonal === true ? [drawDiagonal(x, y, across, down, id)] : [];
  const body = [
    clip(id),
    ...gridAcross(x, across),
    ...gridDown(y, down),
    `<rect x="${frame.left}" y="${frame.top}" width="${inner.width}" height="${inner.height}" class="frame"/>`,
    label((frame.left + width - frame.right) / 2, height - 14, plot.x.label, 'middle'),
    `<g transform="translate(16 ${(frame.top + height - frame.bottom) / 2}) rotate(-90)">${label(0, 0, plot.y.label, 'middle')}</g>`,
    ...diagonal,
    ...marks,
  ];
  const legend = plot.series.map(
    (series, index) => `<li>${key(series, index)}${escapeHtml(series.name)}</li>`,
  );
  const subtitle = plot.subtitle === undefined ? '' : `<small>${escapeHtml(plot.subtitle)}</small>`;
  return [
    `<figure><figcaption><b>${escapeHtml(plot.title)}</b>${subtitle}</figcaption>`,
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(plot.title)}">${body.join('')}</svg>`,
    `<ul class="legend">${legend.join('')}</ul></figure>`,
  ].join('\n');
}

const inner = { width: width - frame.left - frame.right, height: height - frame.top - frame.bottom };

function place({ scale, from, to }: Range, start: number, end: number): (value: number) => number {
  const low = transform(scale, from);
  const span = transform(scale, to) - low || 1;
  return (value) => start + ((transform(scale, value) - low) / span) * (end - start);
}

function clip(id: string): string {
  const { left, top } = frame;
  return `<clipPath id="${id}"><rect x="${left}" y="${top}" width="${inner.width}" height="${inner.height}"/></clipPath>`;
}

function gridAcross({ scale, ticks }: Range, across: (value: number) => number): string[] {
  return ticks.map((tick) => {
    const x = fixed(across(tick));
    const line = `<path d="M${x} ${frame.top}V${height - frame.bottom}" class="grid"/>`;
    return line + label(Number(x), height - frame.bottom + 18, tickLabel(scale, tick), 'middle');
  });
}

function gridDown({ scale, ticks }: Range, down: (value: number) => number): string[] {
  return ticks.map((tick) => {
    const y = fixed(down(tick));
    const line = `<path d="M${frame.left} ${y}H${width - frame.right}" class="grid"/>`;
    return line + label(frame.left - 8, Number(y) + 4, tickLabel(scale, tick), 'end');
  });
}

type Placing = (value: number) => number;

function drawSeries(series: SeriesData, index: number, across: Placing, down: Placing, id: string): string {
  const colour = colours[index % colours.length]!;
  const placed = series.points
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))
    .map(([x, y]) => [fixed(across(x)), fixed(down(y))] as const);
  const dots = placed
    .map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}" clip-path="url(#${id})"/>`)
    .join('');
  if (series.dots === true) return dots;
  const steps = placed.map(([x, y], step) => `${step === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  const line = `<path d="${steps}" fill="none" stroke="${colour}" stroke-width="2"${dashOf(series, index)} clip-path="url(#${id})"/>`;
  return placed.length <= 12 ? line + dots : line;
}

/** Lines differ in their dashes too, for whoever sees no colours. */
function dashOf(series: SeriesData, index: number): string {
  const pattern = series.dashed === true ? '7 4' : dashes[index % dashes.length];
  return pattern === '' ? '' : ` stroke-dasharray="${pattern}"`;
}

function key(series: SeriesData, index: number): string {
  const colour = colours[index % colours.length]!;
  const mark =
    series.dots === true
      ? `<circle cx="14" cy="6" r="4" fill="${colour}"/>`
      : `<path d="M0 6H28" stroke="${colour}" stroke-width="2"${dashOf(series, index)}/>`;
  return `<svg width="28" height="12" aria-hidden="true">${mark}</svg> `;
}

function drawDiagonal(x: Range, y: Range, across: Placing, down: Placing, id: string): string {
  const low = Math.max(x.from, y.from);
  const high = Math.min(x.to, y.to);
  const steps = Array.from({ length: 41 }, (_, n) =>
    x.scale === 'linear' ? low + ((high - low) * n) / 40 : low * (high / low) ** (n / 40),
  );
  const path = steps.map((v, n) => `${n === 0 ? 'M' : 'L'}${fixed(across(v))} ${fixed(down(v))}`).join('');
  return `<path d="${path}" class="grid" fill="none" stroke-dasharray="2 4" clip-path="url(#${id})"/>`;
}

function label(x: number, y: number, content: string, anchor: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

/** Text as HTML and as the value of an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
