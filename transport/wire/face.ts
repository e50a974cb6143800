/** The face fields of document 001 and what they are inside. Their texts are never logged. */
import type { FaceScan } from '../../engine/face/ports.ts';
import { limits } from '../../engine/limits.ts';
import { optional, text } from '../http/schema.ts';
import { invalid } from '../http/validate.ts';

/** Not held to base64 here: whoever judges the scan reads it, and says what is wrong with it. */
const capture = (description: string) =>
  text({ max: limits.face_text_length_max, description, example: 'iVBORw0KGgo=' });

export const faceFields = {
  face_scan: capture('The face scan of the SDK, in base64.'),
  audit_trail_image: capture('The audit image of high quality, in base64.'),
  low_quality_audit_trail_image: capture('The audit image of low quality, in base64.'),
  user_agent: text({
    max: limits.face_user_agent_length_max,
    description: 'The user agent that the SDK made for this capture.',
    example: 'facetec|sdk|ios|com.example.wallet|9.7.0|session-1',
    // It becomes a header.
    pattern: '^[\\x20-\\x7e]+$',
  }),
};

/** For routes that ask for a face only of those who have one. */
export const optionalFaceFields = {
  face_scan: optional(faceFields.face_scan),
  audit_trail_image: optional(faceFields.audit_trail_image),
  low_quality_audit_trail_image: optional(faceFields.low_quality_audit_trail_image),
  user_agent: optional(faceFields.user_agent),
};

interface FaceBody {
  readonly face_scan: string;
  readonly audit_trail_image: string;
  readonly low_quality_audit_trail_image: string;
  readonly user_agent: string;
}

export function faceOf(body: FaceBody): FaceScan {
  return {
    faceScan: body.face_scan,
    auditTrailImage: body.audit_trail_image,
    lowQualityAuditTrailImage: body.low_quality_audit_trail_image,
    userAgent: body.user_agent,
  };
}

/** Null where the body has no face scan. @throws ThenarError validation_failed when it has one without the rest */
export function faceIn(body: { readonly [K in keyof FaceBody]?: string | undefined }): FaceScan | null {
  if (body.face_scan === undefined) return null;
  const missing = (Object.keys(faceFields) as (keyof FaceBody)[]).filter(
    (field) => body[field] === undefined,
  );
  if (missing.length > 0) {
    throw invalid(missing.map((field) => ({ field, message: 'is required beside face_scan' })));
  }
  return faceOf(body as FaceBody);
}
