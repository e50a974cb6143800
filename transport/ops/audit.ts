import { type Route, route } from '../http/route.ts';
import { boolean, defined, integer, list, object, optional, string } from '../http/schema.ts';

const chains = object({
  chains: list(
    object({
      tenant_id: string,
      records: integer(),
      ok: boolean,
      seq: optional(integer()),
      reason: optional(string),
    }),
  ),
});

/** What `thenar audit verify` asks of a running engine. */
export const auditRoute: Route = route({
  method: 'GET',
  path: '/audit/verify',
  operation: 'audit_verify',
  summary: 'Verifies every tenant’s audit chain from its first record.',
  auth: 'operator',
  reply: chains,
  handle: async ({ api }) => {
    const reports = await api.ops.verifyAudit();
    return {
      data: {
        chains: reports.map((report) => ({
          tenant_id: report.tenantId,
          records: report.records,
          ok: report.ok,
          ...(report.ok ? {} : defined({ seq: report.seq, reason: report.reason })),
        })),
      },
    };
  },
});
