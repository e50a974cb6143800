import type { TenantsApi } from '../../../actors/api/tenants.ts';
import { ThenarError } from '../../../engine/errors.ts';
import type { TenantConfig } from '../../../engine/records.ts';
import { at, id, tenant } from '../fake-records.ts';
import type { Said } from './said.ts';

const reissue = { tenantId: id.tenant, reissuing: false, templates: 3, remaining: 0 };

export function fakeTenants(said: Said): TenantsApi {
  return {
    create: said('tenants.create', () => ({ tenant, admin: { email: 'a@example.com', password: 'p' } })),
    get: said('tenants.get', (tenantId: string) => {
      if (tenantId !== id.tenant) throw new ThenarError('tenant_not_found', 'There is no such tenant.');
      return tenant;
    }),
    list: said('tenants.list', () => ({ rows: [{ ...tenant, identityCount: 3 }], total: 1 })),
    update: said('tenants.update', (_call, _id, input: object) => ({ ...tenant, ...input })),
    configure: said('tenants.configure', (_call, _id, change: Partial<TenantConfig>) => ({
      ...tenant,
      config: { ...tenant.config, ...change },
    })),
    reissueTemplates: said('tenants.reissueTemplates', () => ({ ...reissue, reissuing: true, remaining: 3 })),
    reissue: said('tenants.reissue', () => reissue),
    setStatus: said('tenants.setStatus', (_call, _id, status: 'active' | 'suspended' | 'deactivating') => ({
      ...tenant,
      status,
      eraseAt: status === 'deactivating' ? at : null,
    })),
  };
}
