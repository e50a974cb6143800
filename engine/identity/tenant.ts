import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { TenantConfig, TenantRecord } from '../records.ts';

/** What a tenant has when nothing was said at its creation. */
export const tenantDefaults: TenantConfig = {
  authMethods: ['password', 'email_otp', 'mobile_otp'],
  consentRequired: false,
  kycRequired: false,
  kycProvider: 'mock',
  palmProvider: 'reference',
  auditEnabled: true,
  matchPolicy: 'all_thresholds',
  duplicatePolicy: 'reject',
  qualityMin: 0,
  livenessMin: null,
  enforceDeviceClass: false,
  enrolmentLifeS: limits.challenge_life_enrol_s,
  verificationLifeS: limits.challenge_life_verify_s,
  scannerCallsPerSecond: limits.scanner_calls_per_s,
  smsProvider: null,
  smsSenderId: null,
  requestsPerSecond: limits.client_requests_per_s,
  requestsBurst: limits.client_requests_burst,
};

/** Defaults under whatever was given; later versions of the engine may add fields that old rows lack. */
export function completeConfig(config: Partial<TenantConfig> | undefined): TenantConfig {
  return { ...tenantDefaults, ...config };
}

/** @throws ThenarError `tenant_suspended` unless the tenant may do business. */
export function assertTenantActive(tenant: TenantRecord): void {
  if (tenant.status !== 'active') {
    throw new ThenarError('tenant_suspended', `This tenant is ${tenant.status}.`, {
      details: { status: tenant.status },
    });
  }
}
