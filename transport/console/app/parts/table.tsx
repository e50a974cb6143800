/** Lists: one table with a caption, its columns as data, and what is shown when there is nothing. */
import type { ComponentChildren } from 'preact';
import { Problem, Skeleton } from '../../../pages/app/parts/states.tsx';
import { Turns } from '../../../pages/app/parts/turns.tsx';
import type { Pagination } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Numbers and times stand at the end of their column, in figures of one width. */
  readonly numeric?: boolean;
  /** Left out where there is little room. */
  readonly wide?: boolean;
}

export function Table<T>({
  caption,
  columns,
  list,
  keyOf,
  empty,
  go,
}: {
  /** Read out before the table; the heading beside it says the same to the eye. */
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly list: Resource<readonly T[]>;
  readonly keyOf: (row: T) => string;
  readonly empty: ComponentChildren;
  /** The first cell of each row becomes a link to its page. */
  readonly go?: (row: T) => string;
}) {
  const { data, pagination, refusal, reload } = list;
  if (data === undefined) {
    return refusal === null ? <Skeleton lines={6} /> : <Problem refusal={refusal} retry={reload} />;
  }
  if (data.length === 0 && (pagination?.page ?? 1) === 1) return <>{empty}</>;
  return (
    <>
      {refusal !== null && <Problem refusal={refusal} retry={reload} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <section class="table-scroll" aria-label={caption} tabIndex={0}>
        <table>
          <caption class="sr-only">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.name} scope="col" class={classOf(column)}>
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.map((row) => (
              <tr key={keyOf(row)} class={go === undefined ? undefined : 'goes'}>
                {columns.map((column, at) =>
                  at === 0 ? (
                    <th key={column.name} scope="row" class={classOf(column)}>
                      {go === undefined ? column.cell(row) : <a href={go(row)}>{column.cell(row)}</a>}
                    </th>
                  ) : (
                    <td key={column.name} class={classOf(column)}>
                      {column.cell(row)}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function classOf<T>({ numeric, wide }: Column<T>): string | undefined {
  const names = [numeric === true ? 'numeric' : '', wide === true ? 'wide' : ''].filter(
    (name) => name !== '',
  );
  return names.length === 0 ? undefined : names.join(' ');
}

/** Where in the list this page is, and the pages beside it. */
export function Pager({
  pagination,
  turn,
}: {
  readonly pagination: Pagination | undefined;
  readonly turn: (page: number) => void;
}) {
  if (pagination === undefined || pagination.total === 0) return null;
  const { page, page_size: size, total } = pagination;
  const to = Math.min(page * size, total);
  return (
    <Turns
      from={(page - 1) * size + 1}
      to={to}
      total={total}
      before={() => turn(page - 1)}
      after={() => turn(page + 1)}
    />
  );
}
