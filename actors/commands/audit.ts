import { limits } from '../../engine/limits.ts';
import type { EngineApi } from '../api.ts';
import { verifyPart } from '../audit/verify.ts';
import type { Context } from '../context.ts';

/** Reading the audit log. What writes it is every command's own commit. */
export function auditCommands(context: Context): EngineApi['audit'] {
  const { clock, store } = context;
  return {
    search: (tenantId, query) => {
      const { eventType, userId, actor, severity, sort = 'at', order = 'desc' } = query;
      // Without a beginning, what is at hand: the archive is for whoever asks for a time.
      const from = query.from ?? clock.now() - limits.audit_recent_ms;
      return store.page('audit', {
        where: {
          tenantId,
          at: query.until === undefined ? { gte: from } : { gte: from, lt: query.until },
          ...(eventType === undefined ? {} : { eventType }),
          ...(userId === undefined ? {} : { userId }),
          ...(actor === undefined ? {} : { actor }),
          ...(severity === undefined ? {} : { severity }),
        },
        order: [
          [sort, order],
          ['seq', sort === 'at' ? order : 'desc'],
        ],
        limit: query.pageSize,
        offset: (query.page - 1) * query.pageSize,
      });
    },
    verify: (tenantId, after) => verifyPart(context, tenantId, after),
  };
}
