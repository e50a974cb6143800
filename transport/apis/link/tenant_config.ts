/** A tenant's configuration on the wire: one schema for creating, changing and showing it. */
import { limits } from '../../../engine/limits.ts';
import { palmProviders } from '../../../engine/palm/model.ts';
import type { TenantConfig } from '../../../engine/records.ts';
import {
  boolean,
  defined,
  integer,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  optional,
  type TypeOf,
  text,
} from '../../http/schema.ts';

const share = number({ min: 0, max: 1 });
const life = integer({ min: limits.challenge_life_min_s, max: limits.challenge_life_max_s });
const rate = integer({ min: 1, max: limits.tenant_rate_max });

const fields = {
  auth_methods: list(oneOf('password', 'email_otp', 'mobile_otp'), { max: 3 }),
  consent_required: boolean,
  kyc_required: boolean,
  kyc_provider: oneOf('mock', 'nafath'),
  palm_provider: oneOf(...palmProviders),
  audit_enabled: boolean,
  match_policy: oneOf('all_thresholds', 'fused'),
  duplicate_policy: oneOf('reject', 'flag', 'allow'),
  quality_min: share,
  liveness_min: nullable(share),
  enforce_device_class: boolean,
  enrolment_life_s: life,
  verification_life_s: life,
  scanner_calls_per_second: integer({ min: 1, max: limits.scanner_rate_max }),
  requests_per_second: rate,
  requests_burst: rate,
  sms_provider: nullable(text()),
  sms_sender_id: nullable(text({ max: 32 })),
};

export const configSchema = named('TenantConfig', object(fields));
type ConfigWire = TypeOf<typeof configSchema>;

/** Any subset. */
export const configChangeSchema = object(optionalOf(fields));

type OptionalOf<F> = { readonly [K in keyof F]: ReturnType<typeof optional<TypeOf<F[K]>>> };

function optionalOf<F extends Readonly<Record<string, Parameters<typeof optional>[0]>>>(
  required: F,
): OptionalOf<F> {
  return Object.fromEntries(
    Object.entries(required).map(([name, schema]) => [name, optional(schema)]),
  ) as OptionalOf<F>;
}

export function configWire(config: TenantConfig): ConfigWire {
  return {
    auth_methods: config.authMethods,
    consent_required: config.consentRequired,
    kyc_required: config.kycRequired,
    kyc_provider: config.kycProvider as ConfigWire['kyc_provider'],
    palm_provider: config.palmProvider as ConfigWire['palm_provider'],
    audit_enabled: config.auditEnabled,
    match_policy: config.matchPolicy,
    duplicate_policy: config.duplicatePolicy,
    quality_min: config.qualityMin,
    liveness_min: config.livenessMin,
    enforce_device_class: config.enforceDeviceClass,
    enrolment_life_s: config.enrolmentLifeS,
    verification_life_s: config.verificationLifeS,
    scanner_calls_per_second: config.scannerCallsPerSecond,
    requests_per_second: config.requestsPerSecond,
    requests_burst: config.requestsBurst,
    sms_provider: config.smsProvider,
    sms_sender_id: config.smsSenderId,
  };
}

export function configOf(wire: TypeOf<typeof configChangeSchema>): Partial<TenantConfig> {
  return defined({
    authMethods: wire.auth_methods === undefined ? undefined : [...new Set(wire.auth_methods)],
    consentRequired: wire.consent_required,
    kycRequired: wire.kyc_required,
    kycProvider: wire.kyc_provider,
    palmProvider: wire.palm_provider,
    auditEnabled: wire.audit_enabled,
    matchPolicy: wire.match_policy,
    duplicatePolicy: wire.duplicate_policy,
    qualityMin: wire.quality_min,
    livenessMin: wire.liveness_min,
    enforceDeviceClass: wire.enforce_device_class,
    enrolmentLifeS: wire.enrolment_life_s,
    verificationLifeS: wire.verification_life_s,
    scannerCallsPerSecond: wire.scanner_calls_per_second,
    requestsPerSecond: wire.requests_per_second,
    requestsBurst: wire.requests_burst,
    smsProvider: wire.sms_provider,
    smsSenderId: wire.sms_sender_id,
  });
}
