import { limits } from '../../engine/limits.ts';
import type { Where } from '../../engine/ports.ts';
import type { Page, UserQuery, UserView } from '../api.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';

/** One page of users with their palms. */
export async function listUsers(
  context: Context,
  { tenantId }: TenantCall,
  query: UserQuery,
): Promise<Page<UserView>> {
  const { store } = context;
  const { page, pageSize, search, sort = 'createdAt', order = 'desc' } = query;
  const { rows, total } = await store.page('users', {
    where: conditions(tenantId, query),
    ...(search === undefined
      ? {}
      : { search: { text: search, in: ['name', 'email', 'mobile', 'externalUserId'] } }),
    // The identifier settles the order of equal ones, so that no user is on two pages or on none.
    order: [
      [sort, order],
      ['userId', order],
    ],
    limit: pageSize,
    offset: (page - 1) * pageSize,
  });
  const withPalms = rows.filter((user) => user.palmCount > 0).map((user) => user.userId);
  const palms =
    withPalms.length === 0
      ? []
      : await store.list('palms', {
          where: { tenantId, userId: { in: withPalms } },
          order: [['createdAt', 'asc']],
          limit: limits.read_page_max,
        });
  return {
    rows: rows.map((user) => ({ ...user, palms: palms.filter((palm) => palm.userId === user.userId) })),
    total,
  };
}

function conditions(tenantId: string, query: UserQuery): Where<'users'> {
  const { status, kycStatus, consentStatus, palmEnrolled } = query;
  return {
    tenantId,
    status: status ?? { not: 'deleted' },
    ...(kycStatus === undefined ? {} : { kycStatus }),
    ...(consentStatus === undefined ? {} : { consentStatus }),
    ...(palmEnrolled === undefined ? {} : { palmCount: palmEnrolled ? { gt: 0 } : 0 }),
  };
}
