/**
 * Every error code of the engine as the Wallet family answers it: numbers in the style of document 001's 100101, two
 * digits of a subject and two of the error behind the family's 10. A number that was given is never given anew.
 */
import type { ErrorCode, ThenarError } from '../../../engine/errors.ts';
import type { RenderedError } from '../../http/facade.ts';
import { named, object, type Required, string } from '../../http/schema.ts';
import { type Entry, elsewhere } from './errors_elsewhere.ts';

/** Total, with the codes of other families: a code without a number does not compile. */
export const catalogue: Readonly<Record<ErrorCode, Entry>> = {
  // Requests that cannot be read.
  malformed_body: entry(100101, 400, 'The body is not JSON in UTF-8, or is nested too deeply.'),
  validation_failed: entry(100102, 422, 'A field is missing, or not what it must be; the message names it.'),
  unsupported_media_type: entry(100103, 415, 'The body is not application/json.'),
  payload_too_large: entry(100104, 413, 'The body is larger than this route takes.'),
  route_not_found: entry(100105, 404, 'There is no such path.'),
  method_not_allowed: entry(100106, 405, 'The path takes another method; `Allow` names it.'),

  // Who is calling.
  unauthenticated: entry(100201, 401, 'There is no access token.'),
  invalid_token: entry(
    100202,
    401,
    'The access token is wrong, has expired, or is of an issuer or audience that no tenant has.',
  ),
  insufficient_scope: entry(100203, 403, 'The access token lacks a scope that the tenant asks for.'),
  forbidden: entry(
    100204,
    403,
    'The caller is of another kind: an OAuth client, or a session of the console.',
  ),
  csrf_token_invalid: entry(
    100205,
    403,
    'A console session was sent without its token, and would be of no use here with it.',
  ),
  tenant_suspended: entry(100206, 403, 'The tenant is suspended.'),
  user_suspended: entry(100207, 403, 'The user is suspended.'),

  consent_required: entry(100208, 403, 'The tenant asks for a consent that the user has not given.'),
  kyc_required: entry(100209, 403, 'The tenant asks for an identity check that the user has not passed.'),

  // Users.
  user_not_found: entry(100301, 404, 'The user of this token is not registered: POST /auth/users/register.'),

  // Phones and their keys.
  verifying_key_invalid: entry(
    100401,
    422,
    'The verifying key is no point of P-256 in hex, and no SubjectPublicKeyInfo of one.',
  ),
  verifying_key_taken: entry(100402, 409, 'The verifying key is registered to another user.'),
  device_challenge_invalid: entry(100403, 400, 'The challenge is unknown, expired or used; ask for another.'),
  device_signature_invalid: entry(
    100404,
    403,
    'The device signature is not DER, or not of this key over this body.',
  ),

  // Faces.
  face_scan_invalid: entry(100501, 422, 'The face scan cannot be read, or was sent before.'),
  face_quality_too_low: entry(100502, 422, 'The images of the face are not good enough; capture again.'),
  face_liveness_failed: entry(100503, 422, 'The capture does not show a living person.'),
  face_required: entry(100504, 403, 'The user has a face registered, and the request does not show it.'),
  face_not_registered: entry(100505, 409, 'The user has no face registered: POST /auth/face/register.'),
  face_already_registered: entry(100506, 409, 'The user has a face registered already.'),
  face_taken: entry(100507, 409, 'The face is registered for another user.'),
  face_mismatch: entry(100508, 403, 'The face is not the one that is registered.'),
  face_locked: entry(
    100509,
    429,
    'Too many failed attempts; `Retry-After` says when the face is open again.',
  ),

  // Key shares.
  key_share_not_found: entry(100601, 404, 'There is no share of such a key.'),
  key_share_conflict: entry(100602, 409, 'The key is described otherwise than at its first backup.'),

  // Limits and availability.
  rate_limited: entry(100801, 429, 'Too many requests; `Retry-After` says when to go on.'),
  too_many_attempts: entry(100802, 429, 'Too many failures; `Retry-After` says when to try again.'),
  limit_reached: entry(100803, 409, 'The user has as many of these as one may have.'),
  version_conflict: entry(100804, 409, 'Somebody else changed it at the same moment; try again.'),
  conflict: entry(100805, 409, 'What is there does not allow it.'),
  engine_busy: entry(100806, 503, 'Too much waits; `Retry-After` says when to try again.'),
  unavailable: entry(
    100807,
    503,
    'Something that is needed does not answer: the database, or the keys of the identity provider.',
  ),
  deadline_exceeded: entry(100808, 503, 'It took too long.'),
  internal: entry(100809, 500, 'The engine failed; its log knows the request by its `X-Request-Id`.'),

  ...elsewhere,
};

function entry(number: number, status: number, meaning: string): Entry {
  return { number, status, meaning };
}

const own = (Object.keys(catalogue) as ErrorCode[]).filter((code) => !(code in elsewhere));

/** With the name and meaning of each number, as generators of clients know them. */
const numberSchema: Required<number> = {
  optional: false,
  json: {
    type: 'integer',
    enum: own.map((code) => catalogue[code].number),
    'x-enum-varnames': own,
    'x-enum-descriptions': own.map((code) => catalogue[code].meaning),
  },
};

/** Exactly document 001's. */
export const errorSchema = named(
  'WalletError',
  object({ error: object({ code: numberSchema, message: string }) }),
);

export function renderError(error: ThenarError): RenderedError {
  const { number, status } = catalogue[error.code];
  return {
    status,
    body: { error: { code: number, message: error.message } },
    ...(status === 401 ? { headers: { 'www-authenticate': challengeOf(error.code) } } : {}),
  };
}

/** RFC 6750 section 3. */
function challengeOf(code: ErrorCode): string {
  return code === 'invalid_token' ? 'Bearer realm="thenar", error="invalid_token"' : 'Bearer realm="thenar"';
}
