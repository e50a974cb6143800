/** Numbers over time, drawn by uPlot; whoever does not see it is told the same in a sentence. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { theme } from '../../../pages/app/shell/theme.ts';
import { language, locale, number } from '../words/words.ts';

export interface Series {
  readonly name: string;
  /** A token of `look/tokens.css`. */
  readonly colour: string;
  readonly values: readonly number[];
}

const HEIGHT = 210;

export function Plot({
  times,
  series,
  label,
}: {
  /** Epoch seconds, evenly apart. */
  readonly times: readonly number[];
  /** Drawn on top of each other, the first at the bottom. */
  readonly series: readonly Series[];
  readonly label: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = JSON.stringify([times, series, theme(), language.value]);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const plot = new uPlot(
      optionsOf(element, series),
      [[...times], ...stacked(series)] as uPlot.AlignedData,
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [drawn]);
  return (
    <figure class="plot">
      <div ref={place} role="img" aria-label={label} dir="ltr" />
      <figcaption class="legend">
        {series.map(({ name, colour }) => (
          <span key={name}>
            <i style={{ background: `var(${colour})` }} aria-hidden="true" />
            {name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

/** Sums from the bottom up, the highest first: later series are painted over earlier ones. */
function stacked(series: readonly Series[]): number[][] {
  const sums = series.map((_, at) =>
    (series[0]?.values ?? []).map((_, hour) =>
      series.slice(0, at + 1).reduce((total, { values }) => total + (values[hour] ?? 0), 0),
    ),
  );
  return sums.reverse();
}

function optionsOf(element: HTMLElement, series: readonly Series[]): uPlot.Options {
  const colour = (token: string): string => resolved(element, token);
  const axis = { stroke: colour('--ink-soft'), font: '12px system-ui, sans-serif', ticks: { show: false } };
  const bars = uPlot.paths.bars?.({ size: [0.8, 24], radius: 0.2 });
  const day = new Intl.DateTimeFormat(locale(), { weekday: 'short', day: 'numeric' });
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] } },
    axes: [
      {
        ...axis,
        size: 30,
        grid: { show: false },
        space: 90,
        values: (_, splits) => splits.map((at) => day.format(at * 1_000)),
      },
      {
        ...axis,
        size: 44,
        grid: { stroke: colour('--line'), width: 1 },
        values: (_, splits) => splits.map((at) => (Number.isInteger(at) ? number(at) : '')),
      },
    ],
    series: [
      {},
      ...series.toReversed().map((each) => ({
        label: each.name,
        fill: colour(each.colour),
        stroke: colour(each.colour),
        width: 0,
        ...(bars === undefined ? {} : { paths: bars }),
        points: { show: false },
      })),
    ],
  };
}

/** A canvas knows no custom properties: what the browser makes of the token is asked of an element. */
function resolved(element: HTMLElement, token: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${token})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
