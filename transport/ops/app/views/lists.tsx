/** The lists beside the actors: a heading, a table, and how much of it is shown. */

import type { ComponentChildren } from 'preact';
import type { IconName } from '../../../pages/app/parts/icon.tsx';
import { now } from '../../../pages/app/parts/now.ts';
import { Empty, Problem, Skeleton } from '../../../pages/app/parts/states.tsx';
import { Turns } from '../../../pages/app/parts/turns.tsx';
import { ago, dateTime, number } from '../../../pages/app/words/speech.ts';
import type { Read } from '../api/read.ts';
import type { ViewName } from '../place.ts';
import { t } from '../words/words.ts';

/** Lists are read again this often while they are on screen. */
export const EVERY_MS = 3_000;
export const PAGE_ROWS = 100;

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
  readonly numeric?: boolean;
}

export function List<T, R>({
  view,
  about,
  actions,
  read,
  rows,
  keyOf,
  columns,
  empty,
  children,
}: {
  readonly view: ViewName;
  readonly about: string;
  readonly actions?: ComponentChildren;
  readonly read: Read<R>;
  readonly rows: readonly T[];
  readonly keyOf: (row: T, at: number) => string;
  readonly columns: readonly Column<T>[];
  readonly empty: { readonly icon: IconName; readonly title: string; readonly about?: string };
  readonly children?: ComponentChildren;
}) {
  const title = t(`view.${view}`);
  return (
    <section class="card flush">
      <div class="card-head">
        <div>
          <h2>{title}</h2>
          <p class="about">{about}</p>
        </div>
        {actions}
      </div>
      {read.refusal !== null && <Problem refusal={read.refusal} />}
      {read.data === undefined && read.refusal === null && <Skeleton lines={6} />}
      {read.data !== undefined && rows.length === 0 && (
        <Empty icon={empty.icon} title={empty.title}>
          {empty.about}
        </Empty>
      )}
      {rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
        <section class="table-scroll" aria-label={title} tabIndex={0}>
          <table>
            <caption class="sr-only">{title}</caption>
            <thead>
              <tr>
                {columns.map(({ name, numeric }) => (
                  <th key={name} scope="col" class={numeric ? 'numeric' : undefined}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                <tr key={keyOf(row, at)}>
                  {columns.map(({ name, cell, numeric }) => (
                    <td key={name} class={numeric ? 'numeric' : undefined}>
                      {cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {children}
    </section>
  );
}

/** A tenant by its name, with its identifier for whoever asks. */
export function Tenant({ id, name }: { readonly id: string; readonly name: string | null }) {
  return <bdi title={id}>{name ?? id}</bdi>;
}

export function Since({ at }: { readonly at: string | number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={dateTime(at)}>
      {ago(at, now.value)}
    </time>
  );
}

/** How long something has waited, as short as it can be said. */
export function duration(ms: number): string {
  const written = (unit: string, value: number): string =>
    number(value, { style: 'unit', unit, unitDisplay: 'narrow', maximumFractionDigits: 1 });
  if (ms < 1_000) return written('millisecond', Math.round(ms));
  return ms < 60_000 ? written('second', ms / 1_000) : written('minute', ms / 60_000);
}

/** The way to the rows before and after those that are shown. */
export function Pages({ offset, shown, total, go }: PagesShown) {
  return (
    <Turns
      from={offset + 1}
      to={offset + shown}
      total={total}
      before={() => go(Math.max(0, offset - PAGE_ROWS))}
      after={() => go(offset + PAGE_ROWS)}
    />
  );
}

interface PagesShown {
  /** Rows before the first that is shown. */
  readonly offset: number;
  readonly shown: number;
  readonly total: number;
  /** Told the offset of the page that is wanted. */
  readonly go: (offset: number) => void;
}
