/** Pages that the database cannot make, because what they are searched or ordered by is sealed. */
import { setImmediate } from 'node:timers/promises';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { ListOptions, PageOptions, Where } from '../../engine/ports.ts';
import type { TableName, Tables } from '../../engine/records.ts';
import { tables } from './tables.ts';

/** How rows are read. */
interface Reading {
  list<T extends TableName>(name: T, options: ListOptions<T>): Promise<Tables[T][]>;
  scan<T extends TableName>(
    name: T,
    where: Where<T>,
    fields: ReadonlySet<string>,
  ): AsyncIterable<Tables[T][]>;
}

type Row = Readonly<Record<string, unknown>>;

/** As PostgreSQL puts them: nulls after everything else. Texts are in the order of their UTF-16 units. */
function compare(a: unknown, b: unknown): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}

interface Found {
  readonly key: unknown;
  readonly by: readonly unknown[];
}

type Compare = (a: Found, b: Found) => number;

/** The first of two runs together, each of which is in order; others have their turns in between. */
async function mergedTwo(a: readonly Found[], b: readonly Found[], most: number, compare: Compare) {
  const merged: Found[] = [];
  for (let [atA, atB] = [0, 0]; merged.length < Math.min(most, a.length + b.length); ) {
    const [first, second] = [a[atA], b[atB]];
    const takesFirst = second === undefined || (first !== undefined && compare(first, second) <= 0);
    merged.push((takesFirst ? first : second) as Found);
    if (takesFirst) atA += 1;
    else atB += 1;
    if (merged.length % limits.merged_rows_per_turn === 0) await setImmediate();
  }
  return merged;
}

/** Sorting all that was found at once would hold everybody up; of what is beyond the page nothing is sorted. */
async function merged(runs: readonly (readonly Found[])[], most: number, compare: Compare) {
  let left = runs;
  while (left.length > 1) {
    const next: (readonly Found[])[] = [];
    for (let at = 0; at < left.length; at += 2) {
      next.push(await mergedTwo(left[at] ?? [], left[at + 1] ?? [], most, compare));
    }
    left = next;
  }
  return left[0] ?? [];
}

/**
 * Opens every row that `where` matches, a page of them at a time, and keeps of each that is found what it is ordered by.
 * Nothing is kept between calls, and nothing that would tell of the texts is stored: no pieces of words, no order.
 */
export async function openedPage<T extends TableName>(
  name: T,
  options: PageOptions<T>,
  { list, scan }: Reading,
): Promise<{ readonly rows: Tables[T][]; readonly total: number }> {
  const { where = {} as Where<T>, order = [], search } = options;
  const [key, ...others] = tables[name].key.map(({ field }) => field);
  if (key === undefined || others.length > 0) throw new ThenarError('internal', `${name} has no single key.`);
  const text = search?.text.toLowerCase();
  const isFound = (row: Row): boolean =>
    search === undefined ||
    search.in.some((field) =>
      String(row[field] ?? '')
        .toLowerCase()
        .includes(text as string),
    );
  const inOrder: Compare = (a, b) => {
    for (const [at, [, direction]] of order.entries()) {
      const sign = compare(a.by[at], b.by[at]);
      if (sign !== 0) return direction === 'desc' ? -sign : sign;
    }
    return 0;
  };
  const offset = options.offset ?? 0;
  const most = offset + (options.limit ?? limits.read_page_max);
  const runs: Found[][] = [];
  const fields = new Set<string>([...(search?.in ?? []), ...order.map(([field]) => field)]);
  let [opened, total] = [0, 0];
  for await (const page of scan(name, where, fields)) {
    opened += page.length;
    if (opened > limits.opened_rows_max) {
      throw new ThenarError(
        'limit_reached',
        `At most ${limits.opened_rows_max} are searched or put in order by what is sealed: narrow it down.`,
      );
    }
    const found = (page as unknown as Row[])
      .filter(isFound)
      .map((row): Found => ({ key: row[key], by: order.map(([field]) => row[field]) }));
    total += found.length;
    runs.push(found.sort(inOrder).slice(0, most));
  }
  const wanted = (await merged(runs, most, inOrder)).slice(offset);
  const keys = wanted.map((each) => each.key);
  const rows = await list(name, { where: { ...where, [key]: { in: keys } } as Where<T> });
  const byKey = new Map(rows.map((row) => [(row as unknown as Row)[key], row]));
  // Who went between the two reads is on no page.
  return { rows: keys.flatMap((each) => byKey.get(each) ?? []), total };
}
