import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { palmProviders } from '../palm/model.ts';
import type { JsonObject, TenantConfig, TenantRecord } from '../records.ts';

/** What a tenant has when nothing was said at its creation. */
export const tenantDefaults: TenantConfig = {
  authMethods: ['password', 'email_otp', 'mobile_otp'],
  consentRequired: false,
  kycRequired: false,
  kycProvider: 'mock',
  palmProvider: palmProviders[0],
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

/** What changes; the status, too, follows from it. Null: it is so already. */
export type TenantStep = Pick<TenantRecord, 'status' | 'eraseAt'> | null;

/**
 * active ⇄ suspended; either → deactivating, and back to active until erasing has begun.
 * @throws ThenarError `tenant_deactivating`, or `conflict` when it is deleted
 */
export function stepTenant(
  tenant: TenantRecord,
  to: 'active' | 'suspended' | 'deactivating',
  now: number,
): TenantStep {
  const { status } = tenant;
  const details = { status };
  if (status === 'deleted') throw new ThenarError('conflict', 'This tenant is deleted.', { details });
  if (tenant.erasingSince !== null) {
    throw new ThenarError('tenant_deactivating', 'This tenant is being erased.', { details });
  }
  if (status === to) return null;
  switch (to) {
    case 'active':
      return { status: to, eraseAt: null };
    case 'suspended':
      if (status === 'active') return { status: to, eraseAt: null };
      throw new ThenarError('tenant_deactivating', 'This tenant is being deactivated; reactivate it first.', {
        details,
      });
    case 'deactivating':
      return { status: to, eraseAt: now + limits.tenant_grace_ms };
  }
}

/** The fields in which a configuration differs from another, as the record names them. */
export function changedSettings(before: TenantConfig, after: TenantConfig): (keyof TenantConfig)[] {
  return (Object.keys(tenantDefaults) as (keyof TenantConfig)[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}

/** What a scanner may send at once after a pause, in proportion to what its tenant lets it send a second. */
export function scannerBurst(perSecond: number): number {
  return Math.ceil((perSecond * limits.scanner_calls_burst) / limits.scanner_calls_per_s);
}

/** What a scanner is told of its tenant's configuration, so that it can help its people before the platform refuses. */
export function scannerConfig(config: TenantConfig): JsonObject {
  return {
    consent_required: config.consentRequired,
    quality_min: config.qualityMin,
    liveness_min: config.livenessMin,
    calls_per_second: config.scannerCallsPerSecond,
    enforce_device_class: config.enforceDeviceClass,
  };
}

/** @throws ThenarError `tenant_suspended` unless the tenant may do business. */
export function assertTenantActive(tenant: TenantRecord): void {
  if (tenant.status !== 'active') {
    throw new ThenarError('tenant_suspended', `This tenant is ${tenant.status}.`, {
      details: { status: tenant.status },
    });
  }
}
