/** Platform administration: tenants. */
import type { TenantConfig, TenantRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  defined,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
  text,
  time,
  uuid,
} from '../../../http/schema.ts';
import { timestamp } from '../../../wire/time.ts';
import { pageAnswer, pageFields, pageOf } from '../paging.ts';

const share = number({ min: 0, max: 1 });
const configFields = {
  consent_required: boolean,
  match_policy: oneOf('all_thresholds', 'fused'),
  duplicate_policy: oneOf('reject', 'flag', 'allow'),
  quality_min: share,
  liveness_min: nullable(share),
  enforce_device_class: boolean,
  requests_per_second: integer({ min: 1, max: 1_000_000 }),
  requests_burst: integer({ min: 1, max: 1_000_000 }),
};
const configSchema = object(configFields);
type ConfigWire = TypeOf<typeof configSchema>;
const partialConfigSchema = object({
  consent_required: optional(configFields.consent_required),
  match_policy: optional(configFields.match_policy),
  duplicate_policy: optional(configFields.duplicate_policy),
  quality_min: optional(configFields.quality_min),
  liveness_min: optional(configFields.liveness_min),
  enforce_device_class: optional(configFields.enforce_device_class),
  requests_per_second: optional(configFields.requests_per_second),
  requests_burst: optional(configFields.requests_burst),
});

function configWire(config: TenantConfig): ConfigWire {
  return {
    consent_required: config.consentRequired,
    match_policy: config.matchPolicy,
    duplicate_policy: config.duplicatePolicy,
    quality_min: config.qualityMin,
    liveness_min: config.livenessMin,
    enforce_device_class: config.enforceDeviceClass,
    requests_per_second: config.requestsPerSecond,
    requests_burst: config.requestsBurst,
  };
}

function configOf(wire: TypeOf<typeof partialConfigSchema>): Partial<TenantConfig> {
  return defined({
    consentRequired: wire.consent_required,
    matchPolicy: wire.match_policy,
    duplicatePolicy: wire.duplicate_policy,
    qualityMin: wire.quality_min,
    livenessMin: wire.liveness_min,
    enforceDeviceClass: wire.enforce_device_class,
    requestsPerSecond: wire.requests_per_second,
    requestsBurst: wire.requests_burst,
  });
}

const tenantFields = {
  tenant_id: uuid,
  name: string,
  region: nullable(string),
  status: oneOf('active', 'suspended', 'deactivating', 'deleted'),
  config: configSchema,
  created_at: time,
};
const tenantSchema = object(tenantFields);

function tenantWire(tenant: TenantRecord): TypeOf<typeof tenantSchema> {
  return {
    tenant_id: tenant.tenantId,
    name: tenant.name,
    region: tenant.region,
    status: tenant.status,
    config: configWire(tenant.config),
    created_at: timestamp(tenant.createdAt),
  };
}

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
      config: optional(partialConfigSchema),
    }),
    reply: object({ ...tenantFields, admin: object({ email: string, password: string }) }),
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
    query: object(pageFields),
    reply: list(object({ ...tenantFields, identity_count: integer() })),
    handle: async ({ api, query }) => {
      const page = pageOf(query);
      return pageAnswer(await api.tenants.list(page), page, (tenant) => ({
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
    handle: async ({ api, call, params: { id = '' } }) => ({
      data: tenantWire(await api.tenants.setStatus(call, id, 'suspended')),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/admin/tenants/{id}/reactivate',
    operation: 'reactivateTenant',
    summary: 'Reactivate a suspended tenant.',
    auth: 'platform',
    params,
    reply: tenantSchema,
    handle: async ({ api, call, params: { id = '' } }) => ({
      data: tenantWire(await api.tenants.setStatus(call, id, 'active')),
    }),
  }),
];
