/**
 * The closed union of error codes. Callers branch on `code`, never on text; each API family renders the
 * whole union through a total table, so a new code without a rendering does not compile.
 */
export type ErrorCode =
  // Requests that cannot be read.
  | 'malformed_body'
  | 'validation_failed'
  | 'unsupported_media_type'
  | 'payload_too_large'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'protocol_violation'
  // Who is calling.
  | 'unauthenticated'
  | 'invalid_token'
  | 'invalid_client'
  | 'invalid_credentials'
  | 'unsupported_grant_type'
  | 'csrf_token_invalid'
  | 'forbidden'
  | 'insufficient_scope'
  | 'tenant_required'
  | 'tenant_suspended'
  | 'device_certificate_invalid'
  | 'device_certificate_revoked'
  // Things that are not there, or belong to somebody else.
  | 'not_found'
  | 'tenant_not_found'
  | 'user_not_found'
  | 'device_not_found'
  | 'challenge_not_found'
  | 'client_not_found'
  | 'webhook_not_found'
  // Conflicts with what is there.
  | 'conflict'
  | 'version_conflict'
  | 'idempotency_conflict'
  | 'email_taken'
  | 'external_user_id_taken'
  | 'hardware_id_taken'
  | 'webhook_taken'
  | 'device_not_paired'
  | 'device_suspended'
  | 'device_revoked'
  | 'user_suspended'
  | 'challenge_completed'
  | 'challenge_expired'
  | 'challenge_cancelled'
  | 'challenge_in_progress'
  // Pairing and certificates.
  | 'pairing_code_invalid'
  | 'pairing_code_expired'
  | 'pairing_code_used'
  | 'csr_invalid'
  | 'csr_key_unsupported'
  // Palms.
  | 'palm_image_invalid'
  | 'palm_quality_too_low'
  | 'palm_liveness_too_low'
  | 'palm_type_mismatch'
  | 'palm_model_mismatch'
  | 'palm_template_invalid'
  | 'palm_already_enrolled'
  | 'palm_not_enrolled'
  | 'palm_restricted'
  | 'consent_required'
  // Webhooks.
  | 'webhook_endpoint_refused'
  | 'webhook_disabled'
  | 'delivery_not_found'
  // Accounts of people, codes and grants.
  | 'invalid_grant'
  | 'invalid_scope'
  | 'auth_method_disabled'
  | 'email_not_verified'
  | 'password_too_weak'
  | 'link_invalid'
  | 'code_invalid'
  | 'console_user_not_found'
  | 'last_administrator'
  // Consent and identities.
  | 'identity_not_found'
  | 'identity_taken'
  | 'identity_linked'
  | 'consent_not_found'
  // Linked services.
  | 'linked_service_not_found'
  | 'linked_service_taken'
  | 'linked_service_target_refused'
  | 'device_class_mismatch'
  // Administration of tenants.
  | 'tenant_deactivating'
  // Vendor, models and migration.
  | 'verification_server_unset'
  | 'palm_migration_refused'
  // TLS administration.
  | 'certificate_invalid'
  | 'platform_ca_in_use'
  // Identity checks.
  | 'kyc_required'
  | 'kyc_in_progress'
  | 'kyc_provider_unset'
  | 'kyc_provider_refused'
  | 'kyc_session_not_found'
  | 'kyc_session_over'
  | 'kyc_signature_invalid'
  | 'kyc_callback_replayed'
  // Wallets: identity providers and the keys of phones.
  | 'identity_provider_not_found'
  | 'identity_provider_taken'
  | 'identity_provider_refused'
  | 'verifying_key_invalid'
  | 'verifying_key_taken'
  | 'device_challenge_invalid'
  | 'device_signature_invalid'
  // Faces of wallet users.
  | 'face_scan_invalid'
  | 'face_quality_too_low'
  | 'face_liveness_failed'
  | 'face_required'
  | 'face_not_registered'
  | 'face_already_registered'
  | 'face_taken'
  | 'face_mismatch'
  | 'face_locked'
  // Key shares of wallet users.
  | 'key_share_not_found'
  | 'key_share_conflict'
  // Limits and availability.
  | 'rate_limited'
  | 'too_many_attempts'
  | 'limit_reached'
  | 'engine_busy'
  | 'unavailable'
  | 'deadline_exceeded'
  | 'internal';

export type ErrorDetails = Readonly<Record<string, unknown>>;

export interface ErrorOptions {
  /** Machine-readable facts for the caller; never secrets, templates, scans or another user's identifier. */
  readonly details?: ErrorDetails;
  /** When trying again may help, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** For the log only; never shown to a caller. */
  readonly cause?: unknown;
}

/** The one error class that crosses layers. Its message may be shown to the caller. */
export class ThenarError extends Error {
  override readonly name = 'ThenarError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** True when `error` is a {@link ThenarError} with one of the given codes (any code when none is given). */
export function isThenarError(error: unknown, ...codes: ErrorCode[]): error is ThenarError {
  return error instanceof ThenarError && (codes.length === 0 || codes.includes(error.code));
}

/** An unexpected failure becomes one opaque error; the cause stays for the log. */
export function asThenarError(error: unknown): ThenarError {
  return error instanceof ThenarError
    ? error
    : new ThenarError('internal', 'The engine failed to handle this request.', { cause: error });
}
