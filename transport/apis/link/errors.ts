/** Every error code of the engine as the Link family answers it: the status codes of document 003. */
import type { ErrorCode, ThenarError } from '../../../engine/errors.ts';
import type { RenderedError } from '../../http/facade.ts';
import type { Plane, Route } from '../../http/route.ts';
import { constant, freeform, named, object, optional, string } from '../../http/schema.ts';
import { errorWire } from '../../wire/error.ts';

/** Total: a code without a status does not compile. */
export const statuses: Readonly<Record<ErrorCode, number>> = {
  malformed_body: 400,
  validation_failed: 422,
  unsupported_media_type: 415,
  payload_too_large: 413,
  route_not_found: 404,
  method_not_allowed: 405,
  protocol_violation: 400,

  unauthenticated: 401,
  invalid_token: 401,
  invalid_client: 401,
  invalid_credentials: 401,
  unsupported_grant_type: 400,
  csrf_token_invalid: 403,
  forbidden: 403,
  insufficient_scope: 403,
  tenant_required: 400,
  tenant_suspended: 403,
  device_certificate_invalid: 401,
  device_certificate_revoked: 401,

  not_found: 404,
  tenant_not_found: 404,
  user_not_found: 404,
  device_not_found: 404,
  challenge_not_found: 404,
  client_not_found: 404,
  webhook_not_found: 404,

  conflict: 409,
  version_conflict: 409,
  idempotency_conflict: 409,
  email_taken: 409,
  external_user_id_taken: 409,
  hardware_id_taken: 409,
  webhook_taken: 409,
  device_not_paired: 409,
  device_suspended: 409,
  device_revoked: 409,
  user_suspended: 409,
  challenge_completed: 409,
  challenge_expired: 409,
  challenge_cancelled: 409,
  challenge_in_progress: 409,

  face_scan_invalid: 422,
  face_quality_too_low: 422,
  face_liveness_failed: 422,
  face_required: 403,
  face_not_registered: 409,
  face_already_registered: 409,
  face_taken: 409,
  face_mismatch: 403,
  face_locked: 429,
  key_share_not_found: 404,
  key_share_conflict: 409,

  // The pairing code is the credential of that route.
  pairing_code_invalid: 401,
  pairing_code_expired: 401,
  pairing_code_used: 409,
  csr_invalid: 422,
  csr_key_unsupported: 422,

  palm_image_invalid: 422,
  palm_quality_too_low: 422,
  palm_liveness_too_low: 422,
  palm_type_mismatch: 422,
  palm_model_mismatch: 409,
  palm_template_invalid: 422,
  palm_already_enrolled: 409,
  palm_not_enrolled: 409,
  palm_restricted: 403,
  consent_required: 403,

  webhook_endpoint_refused: 400,
  webhook_disabled: 409,
  delivery_not_found: 404,

  // Accounts of people, codes and grants.
  invalid_grant: 400,
  invalid_scope: 400,
  auth_method_disabled: 403,
  email_not_verified: 403,
  password_too_weak: 422,
  link_invalid: 400,
  // Not 401: the scanner that sends it is known, and must not take it for its own certificate.
  code_invalid: 400,
  console_user_not_found: 404,
  last_administrator: 409,

  // Consent and identities.
  identity_not_found: 404,
  identity_taken: 409,
  identity_linked: 409,
  consent_not_found: 404,

  // Linked services.
  linked_service_not_found: 404,
  linked_service_taken: 409,
  linked_service_target_refused: 400,
  device_class_mismatch: 403,

  // Administration of tenants.
  tenant_deactivating: 409,

  // Vendor, models and migration.
  verification_server_unset: 409,
  palm_migration_refused: 409,

  // TLS administration.
  certificate_invalid: 422,
  platform_ca_in_use: 409,

  // Identity checks.
  kyc_required: 403,
  kyc_in_progress: 409,
  kyc_provider_unset: 409,
  kyc_provider_refused: 409,
  kyc_session_not_found: 404,
  kyc_session_over: 409,
  kyc_signature_invalid: 401,
  kyc_callback_replayed: 409,

  // Wallets: identity providers and the keys of phones.
  identity_provider_not_found: 404,
  identity_provider_taken: 409,
  identity_provider_refused: 400,
  verifying_key_invalid: 422,
  verifying_key_taken: 409,
  device_challenge_invalid: 400,
  device_signature_invalid: 403,

  rate_limited: 429,
  too_many_attempts: 429,
  limit_reached: 409,
  engine_busy: 503,
  unavailable: 503,
  deadline_exceeded: 503,
  internal: 500,
};

/** On the device plane a suspended device is the caller itself, not a thing in the wrong state. */
const deviceStatuses: Partial<Record<ErrorCode, number>> = { device_suspended: 403, device_revoked: 401 };

/** Both documents at once: `success` and `message` (003), and the error object (000 section 14.4). */
export const errorSchema = named(
  'Error',
  object({
    success: constant(false),
    message: string,
    error: object({ code: string, message: string, details: optional(freeform) }),
  }),
);

export function renderError(error: ThenarError, route: Route | null, plane: Plane): RenderedError {
  const status = statusOf(error.code, route, plane);
  return {
    status,
    body: { success: false, message: error.message, error: errorWire(error) },
    ...(status === 401 ? { headers: { 'www-authenticate': challengeOf(error.code, plane) } } : {}),
  };
}

function statusOf(code: ErrorCode, route: Route | null, plane: Plane): number {
  if (code === 'validation_failed') return route?.invalidStatus ?? statuses.validation_failed;
  return (plane === 'device' ? deviceStatuses[code] : undefined) ?? statuses[code];
}

/** RFC 9110 section 11.6.1 wants a challenge with every 401; there is no registered scheme for certificates. */
function challengeOf(code: ErrorCode, plane: Plane): string {
  if (plane === 'device') return 'ClientCertificate realm="thenar"';
  if (code === 'invalid_client') return 'Basic realm="thenar", charset="UTF-8"';
  return code === 'invalid_token' ? 'Bearer realm="thenar", error="invalid_token"' : 'Bearer realm="thenar"';
}
