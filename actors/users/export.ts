import type { UserExport } from '../api.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { holdings } from './holdings.ts';

/**
 * Everything held about a user, read page by page. It leaves only once the audit log says who took it.
 * @throws ThenarError user_not_found
 */
export async function exportUser(context: Context, call: TenantCall, userId: string): Promise<UserExport> {
  const { tenantId, actor } = call;
  const { user, palms } = await context.views.user(tenantId, { userId });
  await context.store.commit({
    tenantId,
    writes: [],
    audit: [{ eventType: 'user_data_exported', severity: 'warning', actor, userId }],
  });
  const sections: Record<string, readonly object[]> = {};
  const incomplete: string[] = [];
  for (const { name, read } of holdings) {
    const { rows, whole } = await read(context, tenantId, userId);
    sections[name] = rows;
    if (!whole) incomplete.push(name);
  }
  return { exportedAt: context.clock.now(), user: { ...user, palms }, sections, incomplete };
}
