/** Tenants, and the OAuth clients of each. */
import type { TenantConfig, TenantRecord } from '../../engine/records.ts';
import type { Call, TenantCall } from '../calls.ts';
import type { Page, PageQuery } from './common.ts';

export interface CreateTenant {
  readonly name: string;
  readonly adminEmail: string;
  readonly region?: string | null;
  readonly config?: Partial<TenantConfig>;
}

export interface TenantsApi {
  create(
    call: Call,
    input: CreateTenant,
  ): Promise<{ tenant: TenantRecord; admin: { email: string; password: string } }>;
  /** Read-only view from memory. @throws tenant_not_found */
  get(tenantId: string): Promise<TenantRecord>;
  list(query: PageQuery): Promise<Page<TenantRecord & { readonly identityCount: number }>>;
  /** Status change by a platform administrator. */
  setStatus(call: Call, tenantId: string, status: 'active' | 'suspended'): Promise<TenantRecord>;
}

export interface ClientsApi {
  create(
    call: TenantCall,
    input: { name: string; scopes?: readonly string[] },
  ): Promise<{ clientId: string; clientSecret: string; name: string; scopes: readonly string[] }>;
}
