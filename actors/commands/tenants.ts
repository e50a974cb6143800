import { ThenarError } from '../../engine/errors.ts';
import { changedSettings, completeConfig, stepTenant } from '../../engine/identity/tenant.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { ConsoleUserRecord, TenantRecord } from '../../engine/records.ts';
import { newPassword } from '../../engine/secrets/generate.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { changeTenant } from '../tenant/protocol.ts';
import { beginReissue, reissueOf } from '../tenant/reissue.ts';
import { sealedProtection } from '../tenant/rotation.ts';

/** Platform administration of tenants. */
export function tenantCommands(context: Context): EngineApi['tenants'] {
  const { clock, random, store, views } = context;
  return {
    async create(call, input) {
      const tenantId = random.uuid();
      const password = newPassword(random);
      const passwordHash = await context.passwords.hash(password);
      const now = clock.now();
      const tenant: TenantRecord = {
        tenantId,
        name: input.name,
        region: input.region ?? null,
        status: 'active',
        config: completeConfig(input.config),
        rotationKey: sealedProtection(context, tenantId),
        nextRotationKey: null,
        version: 1,
        createdAt: now,
        configuredAt: null,
        eraseAt: null,
        erasingSince: null,
      };
      const admin: ConsoleUserRecord = {
        consoleUserId: random.uuid(),
        tenantId,
        email: input.adminEmail.trim().toLowerCase(),
        name: null,
        role: 'tenant_admin',
        passwordHash,
        status: 'active',
        version: 1,
        createdAt: now,
      };
      await store.commit({
        tenantId: PLATFORM_TENANT,
        writes: [
          { insert: 'tenants', row: tenant },
          { insert: 'consoleUsers', row: admin, conflict: 'email_taken' },
        ],
        audit: [
          {
            eventType: 'tenant_created',
            actor: call.actor,
            details: { tenant_id: tenantId, name: input.name },
          },
        ],
      });
      views.tenants.set(tenantId, tenant);
      return { tenant, admin: { email: admin.email, password } };
    },
    get: (tenantId) => views.tenant(tenantId),
    async list({ page, pageSize, status, sort = 'createdAt', order = 'desc' }) {
      const { rows, total } = await store.page('tenants', {
        where: { tenantId: { not: PLATFORM_TENANT }, ...(status === undefined ? {} : { status }) },
        order: [
          [sort, order],
          ['tenantId', 'asc'],
        ],
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
      const counted = await Promise.all(
        rows.map(async (row) => ({
          ...row,
          config: completeConfig(row.config),
          identityCount: await store.count('users', { tenantId: row.tenantId, status: { not: 'deleted' } }),
        })),
      );
      return { rows: counted, total };
    },
    async update(call, tenantId, input) {
      views.tenant(tenantId);
      return changeTenant(context, tenantId, call.deadline, (tenant) => {
        assertStands(tenant);
        const set = {
          ...(input.name === undefined || input.name === tenant.name ? {} : { name: input.name }),
          ...(input.region === undefined || input.region === tenant.region ? {} : { region: input.region }),
        };
        const fields = Object.keys(set);
        if (fields.length === 0) return null;
        return { set, audit: { eventType: 'tenant_updated', actor: call.actor, details: { fields } } };
      });
    },
    async configure(call, tenantId, change) {
      views.tenant(tenantId);
      return changeTenant(context, tenantId, call.deadline, (tenant) => {
        assertStands(tenant);
        const config = { ...tenant.config, ...change };
        const fields = changedSettings(tenant.config, config).map(snakeCase);
        if (fields.length === 0) return null;
        return {
          set: { config, configuredAt: clock.now() },
          audit: { eventType: 'tenant_config_updated', actor: call.actor, details: { fields } },
        };
      });
    },
    async reissueTemplates(call, tenantId) {
      views.tenant(tenantId);
      return beginReissue(context, call, tenantId);
    },
    reissue: async (tenantId) => reissueOf(context, views.tenant(tenantId)),
    async setStatus(call, tenantId, status) {
      views.tenant(tenantId);
      return changeTenant(context, tenantId, call.deadline, (tenant) => {
        const step = stepTenant(tenant, status, clock.now());
        if (step === null) return null;
        return {
          set: step,
          audit: {
            eventType: statusEvents[status],
            severity: status === 'deactivating' ? 'high' : 'warning',
            actor: call.actor,
            details: {
              from: tenant.status,
              ...(step.eraseAt === null ? {} : { erase_at: new Date(step.eraseAt).toISOString() }),
            },
          },
        };
      });
    },
  };
}

const statusEvents = {
  active: 'tenant_reactivated',
  suspended: 'tenant_suspended',
  deactivating: 'tenant_deactivated',
} as const;

/** A tenant that is gone, or going, is not administered any more. */
function assertStands(tenant: TenantRecord): void {
  if (tenant.status === 'deleted') throw new ThenarError('tenant_not_found', 'This tenant is deleted.');
  if (tenant.erasingSince !== null) {
    throw new ThenarError('tenant_deactivating', 'This tenant is being erased.');
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
