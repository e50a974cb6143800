/**
 * The end of a tenant. Every step may be repeated, and the row says how far it came: `erasingSince` is set before
 * anything goes and cleared when nothing is left, and `deleted` in between says that only the audit log remains.
 */
import { ThenarError } from '../../engine/errors.ts';
import { tenantDefaults } from '../../engine/identity/tenant.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { TenantRecord } from '../../engine/records.ts';
import { sign } from '../audit/checkpoints.ts';
import { challengeKind } from '../challenge/protocol.ts';
import type { Context } from '../context.ts';
import { changeTenant } from './protocol.ts';
import { erasePages, eraseRows } from './rows.ts';

/** Erases tenants whose grace is over, and goes on with those that a stop cut short. */
export async function eraseDueTenants(context: Context): Promise<void> {
  const now = context.clock.now();
  for (const tenant of [...context.views.tenants.values()]) {
    if (tenant.erasingSince === null && !isDue(tenant, now)) continue;
    await eraseTenant(context, tenant).catch((error: unknown) => {
      context.log.warn({ tenantId: tenant.tenantId, error }, 'A tenant is erased later');
    });
  }
}

function isDue({ status, eraseAt }: TenantRecord, now: number): boolean {
  return status === 'deactivating' && eraseAt !== null && eraseAt <= now;
}

async function eraseTenant(context: Context, tenant: TenantRecord): Promise<void> {
  const { tenantId } = tenant;
  if (tenant.status !== 'deleted') {
    await begin(context, tenantId);
    await stopActors(context, tenantId);
    await context.matcher.forget(tenantId);
    await eraseRows(context, tenantId);
    context.views.forgetTenant(tenantId);
    await sayGone(context, tenantId);
  }
  await erasePages(context, 'audit', tenantId, ['seq']);
  // With it whatever copies of its rows and files remain anywhere are nothing.
  await context.subjectKeys.destroyTenant(tenantId);
  await finish(context, tenantId);
}

/** From here on nobody can call it off. */
async function begin(context: Context, tenantId: string): Promise<void> {
  const deadline = context.clock.monotonic() + limits.request_deadline_ms;
  await changeTenant(context, tenantId, deadline, (tenant) => {
    if (tenant.erasingSince !== null) return null;
    const now = context.clock.now();
    if (!isDue(tenant, now)) throw new ThenarError('conflict', 'The deactivation was called off.');
    return {
      set: { erasingSince: now },
      audit: { eventType: 'tenant_erasure_started', severity: 'high', actor: 'engine' },
    };
  });
}

/** Nothing of the tenant writes any more. Its callers have been refused since it was deactivated. */
async function stopActors({ directory, clock }: Context, tenantId: string): Promise<void> {
  for (let round = 0; round < limits.tenant_stop_rounds_max; round += 1) {
    const live = await directory.list({ tenant: tenantId, limit: limits.actor_list_max });
    if (live.length === 0) return;
    await Promise.all(
      live.map(async ({ kind, key }) => {
        const gone = await directory.operate(kind, key, 'passivate');
        if (gone || kind !== challengeKind.name) return;
        directory.tell(challengeKind, key, { type: 'cancel', reason: 'tenant_deleted', actor: 'engine' });
      }),
    );
    await new Promise<void>((resolve) => clock.after(limits.tenant_stop_pause_ms, resolve));
  }
  throw new ThenarError('unavailable', 'Some of its actors have work under way.');
}

/**
 * The row keeps the identifier and the times alone. The platform's chain takes over what the tenant's own ends with,
 * so that a copy of that one can still be told to be whole.
 */
async function sayGone(context: Context, tenantId: string): Promise<void> {
  const { store } = context;
  const [row, head] = await Promise.all([
    store.get('tenants', { tenantId }),
    store.get('tenantHeads', { tenantId }),
  ]);
  if (row === null || head === null) throw new Error('a tenant that is being erased has a row and a head');
  const last = await sign(context, head);
  const next: TenantRecord = {
    ...row,
    name: '',
    region: null,
    status: 'deleted',
    config: tenantDefaults,
    rotationKey: new Uint8Array(),
    nextRotationKey: null,
    configuredAt: null,
    eraseAt: null,
    version: row.version + 1,
  };
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [
      {
        update: 'tenants',
        where: { tenantId, version: row.version },
        set: next,
        otherwise: 'version_conflict',
      },
      { delete: 'auditCheckpoints', where: { tenantId, seq: { lt: last.seq } } },
    ],
    audit: [
      {
        eventType: 'tenant_deleted',
        severity: 'high',
        actor: 'engine',
        details: { tenant_id: tenantId, audit_records: last.seq, checkpoint: last.jws },
      },
    ],
  });
  context.views.tenants.set(tenantId, next);
}

async function finish(context: Context, tenantId: string): Promise<void> {
  const set = { erasingSince: null };
  await context.store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ update: 'tenants', where: { tenantId, status: 'deleted' }, set }],
  });
  context.views.tenants.set(tenantId, { ...context.views.tenant(tenantId), ...set });
}
