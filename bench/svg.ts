/** Plots as self-contained SVG on a light ground: enough for DET curves and latency figures, nothing more. */
import { normalQuantile } from './palms/mathematics.ts';

export interface Axis {
  readonly label: string;
  /** `deviate` is the normal-deviate scale of DET plots; values must lie in (0, 1). */
  readonly scale: 'linear' | 'log' | 'deviate';
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly format?: (value: number) => string;
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  /** Draw dots instead of a line. */
  readonly dots?: boolean;
  readonly dashed?: boolean;
}

export interface Plot {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Draws the line x = y: on a DET plot the equal error rate. */
  readonly diagonal?: boolean;
}

const width = 760;
const height = 560;
const frame = { left: 84, right: 24, top: 64, bottom: 64 };
/** Colours that stay apart for colour-blind readers (Okabe & Ito 2008). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

/** A probability as per cent with as many digits as it needs. */
export function percent(value: number): string {
  return `${Number((value * 100).toPrecision(3))} %`;
}

/** Ticks of a log or deviate axis for error rates. */
export const rateTicks: readonly number[] = [1e-6, 1e-5, 1e-4, 1e-3, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];

/** Renders a plot as the text of an SVG file. */
export function renderPlot(plot: Plot): string {
  const across = positions(plot.x, frame.left, width - frame.right);
  const down = positions(plot.y, height - frame.bottom, frame.top);
  const parts: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(frame.left, 28, plot.title, 'font-size="17" font-weight="bold"'),
    ...(plot.subtitle === undefined ? [] : [text(frame.left, 48, plot.subtitle, 'fill="#555555"')]),
    `<clipPath id="frame"><rect x="${frame.left}" y="${frame.top}" width="${width - frame.left - frame.right}" height="${height - frame.top - frame.bottom}"/></clipPath>`,
  ];
  for (const tick of plot.x.ticks.filter((value) => inside(plot.x, value))) {
    const x = fixed(across(tick));
    parts.push(`<path d="M${x} ${frame.top}V${height - frame.bottom}" stroke="#e4e4e4"/>`);
    parts.push(text(x, height - frame.bottom + 20, label(plot.x, tick), 'text-anchor="middle"'));
  }
  for (const tick of plot.y.ticks.filter((value) => inside(plot.y, value))) {
    const y = fixed(down(tick));
    parts.push(`<path d="M${frame.left} ${y}H${width - frame.right}" stroke="#e4e4e4"/>`);
    parts.push(text(frame.left - 8, Number(y) + 4, label(plot.y, tick), 'text-anchor="end"'));
  }
  parts.push(
    `<rect x="${frame.left}" y="${frame.top}" width="${width - frame.left - frame.right}" height="${height - frame.top - frame.bottom}" fill="none" stroke="#888888"/>`,
    text((frame.left + width - frame.right) / 2, height - 16, plot.x.label, 'text-anchor="middle"'),
    `<g transform="translate(22 ${(frame.top + height - frame.bottom) / 2}) rotate(-90)">${text(0, 0, plot.y.label, 'text-anchor="middle"')}</g>`,
  );
  if (plot.diagonal === true) {
    const low = Math.max(plot.x.from, plot.y.from);
    const high = Math.min(plot.x.to, plot.y.to);
    const steps = Array.from({ length: 41 }, (_, step) => between(plot.x, low, high, step / 40));
    parts.push(
      path(
        steps.map((value) => [across(value), down(value)]),
        '#bbbbbb',
        '2 4',
      ),
    );
  }
  plot.series.forEach((series, index) => {
    const colour = colours[index % colours.length]!;
    const placed = series.points.map(([x, y]) => [across(x), down(y)] as const);
    if (series.dots === true) {
      for (const [x, y] of placed) {
        parts.push(
          `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="3" fill="${colour}" clip-path="url(#frame)"/>`,
        );
      }
    } else if (placed.length > 0)
      parts.push(path(placed, colour, series.dashed === true ? '6 4' : undefined));
    const y = frame.top + 22 + index * 20;
    parts.push(
      `<rect x="${width - frame.right - 252}" y="${y - 9}" width="18" height="4" fill="${colour}"/>`,
    );
    parts.push(text(width - frame.right - 228, y - 2, series.name, ''));
  });
  parts.push('</svg>');
  return `${parts.join('\n')}\n`;
}

function transform(axis: Axis, value: number): number {
  switch (axis.scale) {
    case 'linear':
      return value;
    case 'log':
      return Math.log10(Math.max(value, Number.MIN_VALUE));
    case 'deviate':
      return normalQuantile(Math.min(Math.max(value, 1e-12), 1 - 1e-12));
  }
}

function positions(axis: Axis, start: number, end: number): (value: number) => number {
  const low = transform(axis, axis.from);
  const span = transform(axis, axis.to) - low;
  return (value) => start + ((transform(axis, value) - low) / span) * (end - start);
}

/** Points along the diagonal, even on a log scale. */
function between(axis: Axis, low: number, high: number, share: number): number {
  return axis.scale === 'linear' ? low + share * (high - low) : low * (high / low) ** share;
}

function inside(axis: Axis, value: number): boolean {
  return value >= axis.from && value <= axis.to;
}

function label(axis: Axis, value: number): string {
  return axis.format === undefined ? String(value) : axis.format(value);
}

function path(points: readonly (readonly [number, number])[], colour: string, dashes?: string): string {
  const steps = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${fixed(x)} ${fixed(y)}`).join('');
  const dashed = dashes === undefined ? '' : ` stroke-dasharray="${dashes}"`;
  return `<path d="${steps}" fill="none" stroke="${colour}" stroke-width="2"${dashed} clip-path="url(#frame)"/>`;
}

function text(x: number | string, y: number, content: string, attributes: string): string {
  const escaped = content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return `<text x="${x}" y="${y}" ${attributes}>${escaped}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
