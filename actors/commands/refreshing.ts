/** Commits of rows that a view shows, where the view must not stay behind. */
import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Context } from '../context.ts';

/** Runs a tenant's commit; what it throws is thrown on. */
export type Committing = <T>(tenantId: string, commit: () => Promise<T>) => Promise<T>;

/**
 * A commit that ends without anybody knowing how is answered `unavailable`, and may have taken effect: the view is read
 * again once nothing can be under way any more. One that was refused was refused by rows that memory may not have.
 * @param read brings the tenant's part of the view up to the rows
 */
export function refreshing({ clock, log }: Context, read: (tenantId: string) => Promise<void>): Committing {
  const due = new Set<string>();
  const later = (tenantId: string): void => {
    if (due.has(tenantId)) return;
    due.add(tenantId);
    clock.after(limits.commit_wait_ms, () => {
      due.delete(tenantId);
      read(tenantId).catch((error: unknown) => {
        log.warn({ tenantId, error }, 'A view is read again later');
        later(tenantId);
      });
    });
  };
  return async (tenantId, commit) => {
    try {
      return await commit();
    } catch (error) {
      if (isThenarError(error, 'unavailable')) later(tenantId);
      else if (isThenarError(error)) await read(tenantId).catch(() => later(tenantId));
      throw error;
    }
  };
}
