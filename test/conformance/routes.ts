/**
 * The routes of the Link API as documents 000 (section 14) and 003 list them, each with who may call it. The route
 * table is held against this, so it is written down here once more on purpose.
 */
import type { Method } from '../../transport/http/route.ts';

/** Who may call, in the documents' own terms. */
export type Who =
  | 'anybody'
  | 'pairing_code'
  | 'provider'
  | 'user'
  | 'client'
  | 'session'
  | 'tenant_admin'
  | 'tenant_operator'
  | 'platform_admin'
  | 'device';

export interface Specified {
  readonly method: Method;
  readonly path: string;
  readonly who: Who;
  /** Document and section. */
  readonly source: string;
}

// biome-ignore format: a table is read by its columns.
const rows: readonly (readonly [Method, string, Who, string])[] = [
  ['POST', '/v1/auth/token', 'anybody', '000 §14.1'],
  ['POST', '/v1/auth/register', 'anybody', '000 §14.1'],
  ['POST', '/v1/auth/otp/send', 'anybody', '000 §14.1'],
  ['POST', '/v1/auth/password/reset', 'anybody', '000 §14.1'],
  ['POST', '/v1/auth/password/change', 'user', '000 §14.1'],
  ['POST', '/v1/auth/revoke', 'user', '000 §14.1'],
  ['GET', '/.well-known/jwks.json', 'anybody', '000 §14.1'],
  ['POST', '/v1/users', 'client', '000 §14.1'],
  ['GET', '/v1/users/{id}', 'client', '000 §14.1'],
  ['PATCH', '/v1/users/{id}', 'client', '000 §14.1'],
  ['DELETE', '/v1/users/{id}', 'client', '000 §14.1'],
  ['GET', '/v1/users/{id}/data', 'client', '000 §14.1'],
  ['GET', '/v1/users/{id}/identities', 'client', '000 §14.1'],
  ['POST', '/v1/users/{id}/identities', 'client', '000 §14.1'],
  ['DELETE', '/v1/users/{id}/identities/{type}', 'client', '000 §14.1'],
  ['POST', '/v1/kyc/initiate', 'client', '000 §14.1'],
  ['GET', '/v1/kyc/status/{user_id}', 'client', '000 §14.1'],
  ['POST', '/v1/kyc/callback/{provider}', 'provider', '000 §14.1'],
  ['POST', '/v1/enroll', 'client', '000 §14.1'],
  ['POST', '/v1/verify', 'client', '000 §14.1'],
  ['GET', '/v1/challenges/{id}', 'client', '000 §14.1'],
  ['GET', '/v1/challenges/pending', 'device', '000 §14.1'],
  ['POST', '/v1/challenges/{id}/complete', 'device', '000 §14.1'],
  ['POST', '/v1/device/transactions', 'device', '000 §14.1'],
  ['POST', '/v1/device/signup', 'device', '000 §14.1'],
  ['POST', '/v1/device/signup/verify', 'device', '000 §14.1'],
  ['POST', '/v1/device/consent', 'device', '000 §14.1'],
  ['POST', '/v1/device/enroll', 'device', '000 §14.1'],
  ['GET', '/v1/devices', 'client', '000 §14.1'],
  ['POST', '/v1/devices', 'client', '000 §14.1'],
  ['PUT', '/v1/devices/{id}', 'client', '000 §14.1'],
  ['DELETE', '/v1/devices/{id}', 'client', '000 §14.1'],
  ['POST', '/v1/devices/pair', 'pairing_code', '000 §14.1'],
  ['POST', '/v1/devices/renew', 'device', '000 §14.1'],
  ['POST', '/v1/clients', 'session', '000 §14.1'],
  ['GET', '/v1/clients', 'session', '000 §14.1'],
  ['DELETE', '/v1/clients/{id}', 'session', '000 §14.1'],
  ['POST', '/v1/clients/{id}/regenerate', 'session', '000 §14.1'],
  ['POST', '/v1/webhooks', 'session', '000 §14.1'],
  ['GET', '/v1/webhooks', 'session', '000 §14.1'],
  ['PATCH', '/v1/webhooks/{id}', 'session', '000 §14.1'],
  ['DELETE', '/v1/webhooks/{id}', 'session', '000 §14.1'],
  ['POST', '/v1/webhooks/{id}/regenerate', 'session', '000 §14.1'],
  ['POST', '/v1/linked-services', 'tenant_admin', '000 §14.1'],
  ['GET', '/v1/linked-services', 'session', '000 §14.1'],
  ['PATCH', '/v1/linked-services/{id}', 'tenant_admin', '000 §14.1'],
  ['DELETE', '/v1/linked-services/{id}', 'tenant_admin', '000 §14.1'],
  ['POST', '/v1/consent', 'client', '000 §14.1'],
  ['GET', '/v1/consent/{user_id}', 'client', '000 §14.1'],
  ['POST', '/v1/consent/withdraw', 'client', '000 §14.1'],
  ['PUT', '/v1/users/{user_id}/palm-restriction', 'tenant_operator', '000 §14.1'],
  ['GET', '/v1/users/{user_id}/palm-restriction', 'session', '000 §14.1'],
  ['GET', '/v1/tenant/config', 'session', '000 §14.2'],
  ['PATCH', '/v1/tenant/config', 'tenant_admin', '000 §14.2'],
  ['GET', '/v1/admin/tenants', 'platform_admin', '000 §14.2'],
  ['POST', '/v1/admin/tenants', 'platform_admin', '000 §14.2'],
  ['GET', '/v1/admin/tenants/{id}', 'platform_admin', '000 §14.2'],
  ['PATCH', '/v1/admin/tenants/{id}', 'platform_admin', '000 §14.2'],
  ['POST', '/v1/admin/tenants/{id}/suspend', 'platform_admin', '000 §14.2'],
  ['POST', '/v1/admin/tenants/{id}/reactivate', 'platform_admin', '000 §14.2'],
  ['POST', '/v1/admin/tenants/{id}/deactivate', 'platform_admin', '000 §14.2'],
  ['GET', '/v1/admin/palm/thresholds', 'platform_admin', '000 §14.2'],
  ['PUT', '/v1/admin/palm/thresholds', 'platform_admin', '000 §14.2'],
  ['GET', '/v1/admin/palm/health', 'platform_admin', '000 §14.2'],
  ['GET', '/v1/admin/palm/model', 'platform_admin', '000 §14.2'],
  ['GET', '/v1/admin/palm/verification-server', 'platform_admin', '000 §14.2'],
  ['PUT', '/v1/admin/palm/verification-server', 'platform_admin', '000 §14.2'],
  ['POST', '/v1/admin/palm/migrate', 'platform_admin', '000 §14.2'],
  ['GET', '/v1/admin/ssl/server-cert', 'platform_admin', '000 §14.2'],
  ['PUT', '/v1/admin/ssl/server-cert', 'platform_admin', '000 §14.2'],
  ['DELETE', '/v1/admin/ssl/server-cert', 'platform_admin', '000 §14.2'],
  ['GET', '/v1/admin/ssl/ca-cert', 'platform_admin', '000 §14.2'],
  ['PUT', '/v1/admin/ssl/ca-cert', 'platform_admin', '000 §14.2'],
  ['POST', '/v1/admin/ssl/ca-cert/generate', 'platform_admin', '000 §14.2'],
  ['POST', '/v1/admin/ssl/ca-cert/regenerate', 'platform_admin', '000 §14.2'],
  ['GET', '/v1/admin/ssl/device-policy', 'platform_admin', '000 §14.2'],
  ['PUT', '/v1/admin/ssl/device-policy', 'platform_admin', '000 §14.2'],
  ['GET', '/v1/admin/ssl/status', 'platform_admin', '000 §14.2'],
  ['GET', '/v1/users', 'session', '000 §14.2'],
  ['POST', '/v1/users/{id}/suspend', 'tenant_admin', '000 §14.2'],
  ['POST', '/v1/users/{id}/reactivate', 'tenant_admin', '000 §14.2'],
  ['GET', '/v1/audit-logs', 'session', '000 §14.2'],
  ['GET', '/v1/tenant/stats', 'session', '000 §14.2'],
  ['GET', '/v1/kyc/sessions', 'session', '000 §14.3'],
  ['PATCH', '/v1/tenant/sms-config', 'session', '000 §14.3'],
  ['POST', '/v1/audit-logs/archive-search', 'session', '000 §14.3'],
  ['GET', '/v1/consent/records', 'session', '000 §14.3'],
  ['POST', '/v1/enroll/both', 'client', '003'],
];

export const specified: readonly Specified[] = rows.map(([method, path, who, source]) => ({
  method,
  path,
  who,
  source,
}));

/** What CONTRACT adds, and what the console needs besides. */
export const added: readonly string[] = [
  'GET /v1/challenges',
  'POST /v1/console/login',
  'POST /v1/console/logout',
  'GET /v1/console/me',
  'GET /v1/console/users',
  'POST /v1/console/users',
  'GET /v1/audit-logs/verification',
  'GET /v1/admin/audit-logs/verification',
];
