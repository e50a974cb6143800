import type { Page, PageQuery, Sorting } from '../../actors/api.ts';
import { limits } from '../../engine/limits.ts';
import type { Answer, Pagination } from '../http/route.ts';
import { defined, integer, oneOf, optional } from '../http/schema.ts';

/** Query fields of every list (document 000 section 14.2). */
export const pageFields = {
  page: optional(integer({ min: 1, max: 1_000_000, default: 1 })),
  page_size: optional(integer({ min: 1, max: limits.page_size_max, default: limits.page_size_default })),
};

export function pageOf(query: {
  readonly page?: number | undefined;
  readonly page_size?: number | undefined;
}): PageQuery {
  return { page: query.page ?? 1, pageSize: query.page_size ?? limits.page_size_default };
}

/** One page of rows with the numbers to ask for the next. */
export function pageAnswer<T, W>(
  found: Page<T>,
  query: PageQuery,
  wire: (row: T) => W,
): Answer<readonly W[]> & { readonly pagination: Pagination } {
  return {
    data: found.rows.map(wire),
    pagination: { page: query.page, page_size: query.pageSize, total: found.total },
  };
}

/** `sort` and `order` of a list, over the fields it can be sorted by: their names on the wire and in the record. */
export function sortFields<F extends Readonly<Record<string, string>>>(fields: F) {
  const names = Object.keys(fields) as (keyof F & string)[];
  return { sort: optional(oneOf(...names)), order: optional(oneOf('asc', 'desc')) };
}

export function sortOf<F extends Readonly<Record<string, string>>>(
  fields: F,
  query: { readonly sort?: (keyof F & string) | undefined; readonly order?: 'asc' | 'desc' | undefined },
): Sorting<F[keyof F]> {
  const sort = query.sort === undefined ? undefined : fields[query.sort];
  return defined({ sort, order: query.order }) as Sorting<F[keyof F]>;
}
