/** Access tokens that somebody else issues (document 001: an external auth service, such as Auth0). */
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { joseLibrary } from './library.ts';
import { refuseToken } from './verify.ts';

/** Signatures with a public key only, each with its one hash: neither `none` nor a shared secret can stand here. */
export const EXTERNAL_ALGORITHMS = ['RS256', 'PS256', 'ES256'] as const;

/** What a verified token says. */
export interface ExternalToken {
  readonly subject: string;
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** What a token claims before anything of it is believed: enough to know who could verify it. */
export interface ClaimedOrigin {
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/** @throws ThenarError invalid_token for what is no JWT, or names no issuer or audience */
export async function claimedOrigin(token: string): Promise<ClaimedOrigin> {
  if (token.length > limits.token_bytes_max) throw refuseToken('too long');
  const { decodeJwt } = await joseLibrary();
  let claims: JWTPayload;
  try {
    claims = decodeJwt(token);
  } catch (error) {
    throw refuseToken('not a JWT', error);
  }
  const { iss, aud } = claims;
  const audiences = [aud].flat().slice(0, limits.token_audiences_max);
  if (typeof iss !== 'string' || !audiences.every((each) => typeof each === 'string')) {
    throw refuseToken('no issuer or audience');
  }
  return { issuer: iss, audiences };
}

/**
 * Verifies a token against its issuer's keys (RFC 8725). What `keys` throws as ThenarError is passed on.
 * @param expected.now epoch milliseconds; `limits.clock_skew_s` is tolerated for `exp` and `nbf`
 * @throws ThenarError invalid_token
 */
export async function verifyExternalToken(
  token: string,
  keys: JWTVerifyGetKey,
  expected: { readonly now: number; readonly issuer: string; readonly audience: string },
): Promise<ExternalToken> {
  const { now, issuer, audience } = expected;
  const { errors, jwtVerify } = await joseLibrary();
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: [...EXTERNAL_ALGORITHMS],
      currentDate: new Date(now),
      clockTolerance: limits.clock_skew_s,
      requiredClaims: ['exp', 'sub'],
    }));
  } catch (error) {
    if (error instanceof ThenarError) throw error;
    throw refuseToken(error instanceof errors.JOSEError ? error.code : 'unreadable', error);
  }
  return readClaims(payload, now);
}

function readClaims({ sub, exp, iat, scope = '' }: JWTPayload, now: number): ExternalToken {
  if (!isSubject(sub) || typeof exp !== 'number' || typeof scope !== 'string') {
    throw refuseToken('a claim is not of its type');
  }
  if (iat !== undefined && iat > now / 1000 + limits.clock_skew_s) throw refuseToken('issued in the future');
  return { subject: sub, scopes: scope.split(' ').filter((each) => each !== ''), expiresAt: exp * 1000 };
}

/** Characters that people could see: a subject is compared, stored and exported. */
function isSubject(sub: unknown): sub is string {
  return (
    typeof sub === 'string' &&
    sub.length > 0 &&
    sub.length <= limits.token_subject_length_max &&
    !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(sub)
  );
}
