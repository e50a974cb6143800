import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { backUpShares } from '../key-shares/backup.ts';
import { recoverShares } from '../key-shares/recover.ts';
import { timeRange } from './deliveries.ts';

/** Key shares of wallet users, and the history of what they did. */
export function walletKeyCommands(context: Context): EngineApi['walletKeys'] {
  const { store } = context;
  return {
    backup: (call, shares) => backUpShares(context, call, shares),
    recover: (call, input) => recoverShares(context, call, input),
    list: ({ tenantId, userId }, { page, pageSize }) =>
      store.page('walletKeys', {
        where: { tenantId, userId },
        order: [
          ['createdAt', 'desc'],
          ['keyId', 'asc'],
        ],
        limit: pageSize,
        offset: (page - 1) * pageSize,
      }),
    transactions: ({ tenantId, userId }, { type, status, from, until, page, pageSize }) =>
      store.page('walletTransactions', {
        where: {
          tenantId,
          userId,
          ...(type === undefined ? {} : { type }),
          ...(status === undefined ? {} : { status }),
          ...(from === undefined && until === undefined ? {} : { createdAt: timeRange(from, until) }),
        },
        order: [
          ['createdAt', 'desc'],
          ['transactionId', 'desc'],
        ],
        limit: pageSize,
        offset: (page - 1) * pageSize,
      }),
  };
}
