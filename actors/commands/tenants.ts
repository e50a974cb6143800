import { ThenarError } from '../../engine/errors.ts';
import { completeConfig } from '../../engine/identity/tenant.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { ConsoleUserRecord, TenantRecord } from '../../engine/records.ts';
import { newPassword } from '../../engine/secrets/generate.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { changeTenant } from '../tenant/protocol.ts';

/** Where a tenant's rotation key is sealed to. */
export function rotationPlace(tenantId: string): string {
  return `tenant|${tenantId}|rotation`;
}

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
        rotationKey: context.sealer.seal(random.bytes(32), rotationPlace(tenantId)),
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
    async get(tenantId) {
      return views.tenant(tenantId);
    },
    async list({ page, pageSize }) {
      const { rows, total } = await store.page('tenants', {
        where: { tenantId: { not: PLATFORM_TENANT } },
        order: [['createdAt', 'desc']],
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
      const counted = await Promise.all(
        rows.map(async (tenant) => ({
          ...tenant,
          identityCount: await store.count('users', {
            tenantId: tenant.tenantId,
            status: { not: 'deleted' },
          }),
        })),
      );
      return { rows: counted, total };
    },
    async setStatus(call, tenantId, status) {
      const tenant = views.tenant(tenantId);
      if (tenant.status === status) return tenant;
      if (tenant.status !== 'active' && tenant.status !== 'suspended') {
        throw new ThenarError('conflict', `This tenant is ${tenant.status}.`, {
          details: { status: tenant.status },
        });
      }
      return changeTenant(context, tenantId, call.deadline, {
        set: { status },
        audit: {
          eventType: status === 'active' ? 'tenant_reactivated' : 'tenant_suspended',
          severity: 'warning',
          actor: call.actor,
        },
      });
    },
  };
}
