/** Platform administration: tenants. */
import type { Reissue } from '../../../../actors/api.ts';
import type { TenantRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  defined,
  integer,
  list,
  named,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
  text,
  time,
  uuid,
} from '../../../http/schema.ts';
import { pageAnswer, pageFields, pageOf, sortFields, sortOf } from '../../../wire/paging.ts';
import { timestamp } from '../../../wire/time.ts';
import { administrators, readers } from '../roles.ts';
import { configChangeSchema, configOf, configSchema, configWire } from '../tenant_config.ts';

const status = oneOf('active', 'suspended', 'deactivating', 'deleted');
const tenantFields = {
  tenant_id: uuid,
  name: string,
  region: nullable(string),
  status,
  config: configSchema,
  created_at: time,
  /** While it is being deactivated. */
  erase_at: optional(time),
};
const tenantSchema = named('Tenant', object(tenantFields));

function tenantWire(tenant: TenantRecord): TypeOf<typeof tenantSchema> {
  return {
    tenant_id: tenant.tenantId,
    name: tenant.name,
    region: tenant.region,
    status: tenant.status,
    config: configWire(tenant.config),
    created_at: timestamp(tenant.createdAt),
    ...(tenant.eraseAt === null ? {} : { erase_at: timestamp(tenant.eraseAt) }),
  };
}

const reissueSchema = named(
  'Reissue',
  object({ tenant_id: uuid, reissuing: boolean, templates: integer(), remaining: integer() }),
);

function reissueWire({ tenantId, reissuing, templates, remaining }: Reissue): TypeOf<typeof reissueSchema> {
  return { tenant_id: tenantId, reissuing, templates, remaining };
}

/** On the wire, and as the record names them. */
const sortable = { created_at: 'createdAt', name: 'name', status: 'status' } as const;
const params = { id: 'tenant_not_found' } as const;

export const tenantRoutes = [
  route({
    method: 'POST',
    path: '/v1/admin/tenants',
    operation: 'createTenant',
    summary: 'Create a tenant with its first administrator, whose password is shown once.',
    auth: 'platform',
    status: 201,
    body: object({
      name: text(),
      admin_email: text({ format: 'email' }),
      region: optional(nullable(text())),
      config: optional(configChangeSchema),
    }),
    reply: object({ ...tenantFields, admin: object({ email: string, password: string }) }),
    errors: ['email_taken'],
    handle: async ({ api, call, body }) => {
      const config = body.config === undefined ? undefined : configOf(body.config);
      const input = {
        name: body.name,
        adminEmail: body.admin_email,
        ...defined({ region: body.region, config }),
      };
      const { tenant, admin } = await api.tenants.create(call, input);
      return { data: { ...tenantWire(tenant), admin } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/admin/tenants',
    operation: 'listTenants',
    summary: 'All tenants with status and number of identities.',
    auth: 'platform',
    envelope: 'list',
    query: object({ ...pageFields, ...sortFields(sortable), status: optional(status) }),
    reply: list(object({ ...tenantFields, identity_count: integer() })),
    handle: async ({ api, query }) => {
      const page = pageOf(query);
      const asked = { ...page, ...sortOf(sortable, query), ...defined({ status: query.status }) };
      return pageAnswer(await api.tenants.list(asked), page, (tenant) => ({
        ...tenantWire(tenant),
        identity_count: tenant.identityCount,
      }));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/admin/tenants/{id}',
    operation: 'getTenant',
    summary: 'A tenant with its configuration.',
    auth: 'platform',
    params,
    reply: tenantSchema,
    handle: async ({ api, params: { id = '' } }) => ({ data: tenantWire(await api.tenants.get(id)) }),
  }),
  route({
    method: 'POST',
    path: '/v1/admin/tenants/{id}/suspend',
    operation: 'suspendTenant',
    summary: 'Suspend a tenant: its callers are refused and its sockets closed.',
    auth: 'platform',
    params,
    reply: tenantSchema,
    errors: ['tenant_deactivating', 'conflict'],
    handle: async ({ api, call, params: { id = '' } }) => ({
      data: tenantWire(await api.tenants.setStatus(call, id, 'suspended')),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/admin/tenants/{id}/reactivate',
    operation: 'reactivateTenant',
    summary: 'Reactivate a suspended tenant, or call its deactivation off.',
    auth: 'platform',
    params,
    reply: tenantSchema,
    errors: ['tenant_deactivating', 'conflict'],
    handle: async ({ api, call, params: { id = '' } }) => ({
      data: tenantWire(await api.tenants.setStatus(call, id, 'active')),
    }),
  }),
  route({
    method: 'PATCH',
    path: '/v1/admin/tenants/{id}',
    operation: 'updateTenant',
    summary: 'Change a tenant’s name or region.',
    auth: 'platform',
    params,
    body: object({ name: optional(text()), region: optional(nullable(text())) }),
    reply: tenantSchema,
    handle: async ({ api, call, body, params: { id = '' } }) => ({
      data: tenantWire(await api.tenants.update(call, id, defined({ name: body.name, region: body.region }))),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/admin/tenants/{id}/reissue-templates',
    operation: 'reissueTemplates',
    summary:
      'Bring all templates of a tenant under a new protection, without a palm; goes on in the background.',
    auth: 'platform',
    params,
    status: 202,
    reply: reissueSchema,
    errors: ['tenant_deactivating'],
    handle: async ({ api, call, params: { id = '' } }) => ({
      data: reissueWire(await api.tenants.reissueTemplates(call, id)),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/admin/tenants/{id}/reissue-templates',
    operation: 'getReissue',
    summary: 'How many of a tenant’s templates are still under the protection before.',
    auth: 'platform',
    params,
    reply: reissueSchema,
    handle: async ({ api, params: { id = '' } }) => ({ data: reissueWire(await api.tenants.reissue(id)) }),
  }),
  route({
    method: 'POST',
    path: '/v1/admin/tenants/{id}/deactivate',
    operation: 'deactivateTenant',
    summary: 'Begin a tenant’s deletion: refused from now on, erased after 30 days unless reactivated.',
    auth: 'platform',
    params,
    reply: tenantSchema,
    errors: ['conflict'],
    handle: async ({ api, call, params: { id = '' } }) => ({
      data: tenantWire(await api.tenants.setStatus(call, id, 'deactivating')),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/tenant/config',
    operation: 'getTenantConfig',
    summary: 'The tenant’s configuration.',
    auth: 'session',
    roles: readers,
    reply: configSchema,
    handle: async ({ api, call }) => ({ data: configWire((await api.tenants.get(call.tenantId)).config) }),
  }),
  route({
    method: 'PATCH',
    path: '/v1/tenant/config',
    operation: 'updateTenantConfig',
    summary: 'Change any of the tenant’s settings; takes effect at once.',
    auth: 'session',
    roles: administrators,
    body: configChangeSchema,
    reply: configSchema,
    handle: async ({ api, call, body }) => ({
      data: configWire((await api.tenants.configure(call, call.tenantId, configOf(body))).config),
    }),
  }),
];
