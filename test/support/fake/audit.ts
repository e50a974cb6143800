import type { AuditApi } from '../../../actors/api.ts';
import type { AuditRecord } from '../../../engine/records.ts';
import { at, id } from '../fake-records.ts';
import type { Said } from './said.ts';

const record: AuditRecord = {
  tenantId: id.tenant,
  seq: 1,
  eventType: 'user_created',
  severity: 'info',
  actor: `client/${id.client}`,
  userId: id.user,
  at,
  details: {},
  hash: new Uint8Array(32),
};

export function fakeAudit(said: Said): AuditApi {
  const report = { tenantId: id.tenant, records: 12, checkpoints: 1, ok: true } as const;
  return {
    search: said('audit.search', () => ({ rows: [record], total: 1 })),
    verify: said('audit.verify', () => ({ report, until: 12 })),
  };
}
