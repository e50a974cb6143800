import type { Page, PageQuery } from '../../../actors/api.ts';
import { limits } from '../../../engine/limits.ts';
import type { Answer } from '../../http/route.ts';
import { integer, optional } from '../../http/schema.ts';

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
): Answer<readonly W[]> {
  return {
    data: found.rows.map(wire),
    pagination: { page: query.page, page_size: query.pageSize, total: found.total },
  };
}
