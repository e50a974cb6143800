/** Tenants, and the OAuth clients of each. */
import type { Eventually } from '../../engine/eventually.ts';
import type { ClientRecord, TenantConfig, TenantRecord, TenantStatus } from '../../engine/records.ts';
import type { Call, TenantCall } from '../calls.ts';
import type { Page, PageQuery, Sorting } from './common.ts';

/** How far a re-issue of a tenant's templates is. */
export interface Reissue {
  readonly tenantId: string;
  readonly reissuing: boolean;
  /** Those of the tenant, and how many of them are under the protection before. */
  readonly templates: number;
  readonly remaining: number;
}

export interface CreateTenant {
  readonly name: string;
  readonly adminEmail: string;
  readonly region?: string | null;
  readonly config?: Partial<TenantConfig>;
}

export interface ListTenants extends PageQuery, Sorting<'createdAt' | 'name' | 'status'> {
  readonly status?: TenantStatus;
}

export interface TenantsApi {
  create(
    call: Call,
    input: CreateTenant,
  ): Promise<{ tenant: TenantRecord; admin: { email: string; password: string } }>;
  /** Read-only view from memory. @throws tenant_not_found */
  get(tenantId: string): Eventually<TenantRecord>;
  list(query: ListTenants): Promise<Page<TenantRecord & { readonly identityCount: number }>>;
  /** @throws tenant_not_found */
  update(
    call: Call,
    tenantId: string,
    input: { readonly name?: string; readonly region?: string | null },
  ): Promise<TenantRecord>;
  /** Changes the settings that are given, and tells live actors and scanners. */
  configure(call: Call, tenantId: string, change: Partial<TenantConfig>): Promise<TenantRecord>;
  /**
   * A step in a tenant's life by a platform administrator. Deactivating begins the grace period, after which it is
   * erased; activating calls it off. @throws tenant_deactivating, conflict
   */
  setStatus(
    call: Call,
    tenantId: string,
    status: 'active' | 'suspended' | 'deactivating',
  ): Promise<TenantRecord>;
  /**
   * Brings all templates of a tenant under a new protection, in the background and across restarts.
   * @throws tenant_deactivating
   */
  reissueTemplates(call: Call, tenantId: string): Promise<Reissue>;
  /** How far that is. */
  reissue(tenantId: string): Promise<Reissue>;
}

export interface ClientsApi {
  create(
    call: TenantCall,
    input: { name: string; scopes?: readonly string[] },
  ): Promise<{ clientId: string; clientSecret: string; name: string; scopes: readonly string[] }>;
  list(call: TenantCall, query: PageQuery): Promise<Page<ClientRecord>>;
  /** Its live tokens are refused from now on. @throws client_not_found */
  remove(call: TenantCall, clientId: string): Promise<void>;
  /** A new secret in place of the old one; tokens go on. @throws client_not_found */
  regenerate(
    call: TenantCall,
    clientId: string,
  ): Promise<{ readonly client: ClientRecord; readonly clientSecret: string }>;
}
