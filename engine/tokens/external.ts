/** Access tokens that somebody else issues (document 001: an external auth service, such as Auth0). */
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { joseLibrary } from './library.ts';
import { assertSpelling, assertTimely, refuseToken } from './refusal.ts';

/** Signatures with a public key only, each with its one hash: neither `none` nor a shared secret can stand here. */
export const EXTERNAL_ALGORITHMS = ['RS256', 'PS256', 'ES256'] as const;

/** What a verified token says. */
export interface ExternalToken {
  readonly subject: string;
  readonly scopes: readonly string[];
  /** Epoch milliseconds, as the next: when it was issued, or is good from if that is later; 0 when it does not say. */
  readonly goodFrom: number;
  readonly expiresAt: number;
}

/** What a token claims before anything of it is believed: enough to know who could verify it. */
export interface ClaimedOrigin {
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/** @throws ThenarError invalid_token for what is no JWT in its one spelling, or names no issuer or audience */
export async function claimedOrigin(token: string): Promise<ClaimedOrigin> {
  assertSpelling(token);
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
  assertSpelling(token);
  const { now, issuer, audience } = expected;
  const { errors, jwtVerify } = await joseLibrary();
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, findKey(keys), {
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

/** Names are texts; by one that is no text the search would take any key that fits otherwise. */
function findKey(keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return (header, token) => {
    if (header.kid !== undefined && typeof header.kid !== 'string') throw refuseToken('unknown key');
    return keys(header, token);
  };
}

function readClaims({ sub, exp, iat = 0, nbf = 0, scope = '' }: JWTPayload, now: number): ExternalToken {
  const numbers = [exp, iat, nbf].every((each) => typeof each === 'number');
  if (!isSubject(sub) || !numbers || exp === undefined || typeof scope !== 'string') {
    throw refuseToken('a claim is not of its type');
  }
  const goodFrom = Math.max(0, iat, nbf) * 1000;
  const expiresAt = exp * 1000;
  assertTimely(goodFrom, expiresAt, now);
  return { subject: sub, scopes: scope.split(' ').filter((each) => each !== ''), goodFrom, expiresAt };
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
