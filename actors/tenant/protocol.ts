/** The tenant actor: the one writer of its tenant's row and of the view that everybody reads. */
import type { AuditEntry } from '../../engine/ports.ts';
import type { TenantRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import type { ActorKind, Outcome, Reply } from '../kernel/types.ts';

export interface TenantChange {
  readonly set: Partial<Omit<TenantRecord, 'tenantId' | 'version' | 'createdAt'>>;
  readonly audit: AuditEntry;
}

/** Looks at the row as it is when the change's turn comes; null when there is nothing to change. May throw to refuse. */
export type DecideTenant = (tenant: TenantRecord) => TenantChange | null;

export type TenantMessage =
  | { readonly type: 'change'; readonly decide: DecideTenant; readonly reply: Reply<TenantRecord> }
  | {
      readonly type: 'changed';
      readonly next: TenantRecord;
      readonly reply: Reply<TenantRecord>;
      readonly outcome: Outcome<unknown>;
    }
  /** The row may be another than the one in memory. */
  | { readonly type: 'reload' }
  | { readonly type: 'reloaded'; readonly outcome: Outcome<TenantRecord> };

export const tenantKind: ActorKind<TenantMessage> = { name: 'tenant' };

/** Changes a tenant; resolves with the committed row, once the view shows it and its scanners are being told. */
export function changeTenant(
  context: Context,
  tenantId: string,
  deadline: number,
  change: TenantChange | DecideTenant,
): Promise<TenantRecord> {
  const decide = typeof change === 'function' ? change : () => change;
  return context.directory.ask<TenantMessage, TenantRecord>(tenantKind, tenantId, deadline, (reply) => ({
    type: 'change',
    decide,
    reply,
  }));
}
