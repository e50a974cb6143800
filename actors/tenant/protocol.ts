/** The tenant actor: the one writer of its tenant's row and of the view that everybody reads. */
import type { AuditEntry } from '../../engine/ports.ts';
import type { TenantRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import type { ActorKind, Outcome, Reply } from '../kernel/types.ts';

export interface TenantChange {
  readonly set: Partial<Pick<TenantRecord, 'name' | 'region' | 'status' | 'config'>>;
  readonly audit: AuditEntry;
}

export type TenantMessage =
  | { readonly type: 'change'; readonly change: TenantChange; readonly reply: Reply<TenantRecord> }
  | {
      readonly type: 'changed';
      readonly next: TenantRecord;
      readonly reply: Reply<TenantRecord>;
      readonly outcome: Outcome<unknown>;
    }
  | { readonly type: 'reloaded'; readonly outcome: Outcome<TenantRecord> };

export const tenantKind: ActorKind<TenantMessage> = { name: 'tenant' };

/** Changes a tenant; resolves with the committed row, once the view shows it. */
export function changeTenant(
  context: Context,
  tenantId: string,
  deadline: number,
  change: TenantChange,
): Promise<TenantRecord> {
  return context.directory.ask<TenantMessage, TenantRecord>(tenantKind, tenantId, deadline, (reply) => ({
    type: 'change',
    change,
    reply,
  }));
}
