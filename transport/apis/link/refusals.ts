/** What several routes refuse alike, for their `errors`. */
import type { ErrorCode } from '../../../engine/errors.ts';

/** Of a palm that is shown: the person, the device or the scan may not do. */
export const captureErrors = [
  'device_class_mismatch',
  'user_suspended',
  'consent_required',
  'kyc_required',
  'palm_restricted',
  'palm_image_invalid',
  'palm_template_invalid',
  'palm_model_mismatch',
  'palm_type_mismatch',
  'palm_quality_too_low',
  'palm_liveness_too_low',
] as const satisfies readonly ErrorCode[];

/** Of a challenge that is asked for: what it names is not there, or may not do. */
export const askErrors = [
  'user_not_found',
  'device_not_found',
  'device_not_paired',
  'device_suspended',
  'device_revoked',
  'device_class_mismatch',
  'user_suspended',
  'consent_required',
  'kyc_required',
  'palm_restricted',
  'limit_reached',
] as const satisfies readonly ErrorCode[];

/** Of a challenge that is over, or about to be. */
export const settledErrors = [
  'challenge_completed',
  'challenge_expired',
  'challenge_cancelled',
  'challenge_in_progress',
] as const satisfies readonly ErrorCode[];
