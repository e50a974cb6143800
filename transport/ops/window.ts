/** Lists that may be long: a window of bounded size, and how many there are. */
import { limits } from '../../engine/limits.ts';
import { integer, optional, text } from '../http/schema.ts';

/** Fields of a query that asks for a window. */
export const windowFields = {
  tenant: optional(text()),
  offset: optional(integer({ min: 0, default: 0 })),
  limit: optional(integer({ min: 1, max: limits.window_rows_max, default: 100 })),
};

export interface Window {
  readonly tenant?: string | undefined;
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
}

/** What is in the window, of those of the tenant where one is named, and the number of all of those. */
export function windowOf<T extends { readonly tenantId: string }>(
  all: readonly T[],
  { tenant, offset = 0, limit = 100 }: Window,
): { readonly total: number; readonly rows: readonly T[] } {
  const found = tenant === undefined ? all : all.filter(({ tenantId }) => tenantId === tenant);
  return { total: found.length, rows: found.slice(offset, offset + limit) };
}
