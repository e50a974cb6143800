import type { webcrypto } from 'node:crypto';
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { ACCESS_TOKEN_TYPE, type TokenKind } from './issue.ts';
import type { KeyRing } from './keyRing.ts';
import { joseLibrary } from './library.ts';
import { assertSpelling, assertTimely, refuseToken } from './refusal.ts';

/** What a verified token says. Times are epoch milliseconds. */
export interface AccessToken {
  readonly jti: string;
  readonly subject: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly kind: TokenKind;
  /** Of a user: the sign-in it belongs to. */
  readonly sessionId: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

const KINDS: readonly string[] = ['client', 'user'] satisfies TokenKind[];

/**
 * Verifies a compact JWT as one of our access tokens: its key must be known and pins the algorithm, so neither
 * `none` nor HS256 with the public key nor a key inside the token can pass (RFC 8725, sections 3.1 and 3.2).
 * @param expected.now epoch milliseconds; `limits.clock_skew_s` is tolerated
 * @throws ThenarError `invalid_token`, whatever is wrong
 */
export async function verifyAccessToken(
  ring: KeyRing,
  token: string,
  expected: { readonly now: number; readonly issuer: string; readonly audience: string },
): Promise<AccessToken> {
  assertSpelling(token);
  const { now, issuer, audience } = expected;
  const { errors, jwtVerify } = await joseLibrary();
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, (header) => pinnedKey(ring, header, now), {
      issuer,
      audience,
      typ: ACCESS_TOKEN_TYPE,
      currentDate: new Date(now),
      clockTolerance: limits.clock_skew_s,
      requiredClaims: ['exp', 'iat', 'jti', 'sub', 'client_id', 'tenant_id', 'token_kind', 'scope'],
    }));
  } catch (error) {
    if (error instanceof ThenarError) throw error;
    throw refuseToken(error instanceof errors.JOSEError ? error.code : 'unreadable', error);
  }
  return readClaims(payload, now);
}

function pinnedKey(
  ring: KeyRing,
  header: Pick<JWTHeaderParameters, 'alg' | 'kid'>,
  now: number,
): webcrypto.CryptoKey {
  const key = typeof header.kid === 'string' ? ring.verifier(header.kid, now) : null;
  if (key === null) throw refuseToken('unknown key');
  if (header.alg !== key.alg) throw refuseToken('algorithm is not that of the key');
  return key.publicKey;
}

function readClaims(payload: JWTPayload, now: number): AccessToken {
  const { jti, sub, iat, exp, client_id, tenant_id, token_kind, scope, sid = null } = payload;
  const readable =
    typeof jti === 'string' &&
    typeof sub === 'string' &&
    typeof iat === 'number' &&
    typeof exp === 'number' &&
    typeof client_id === 'string' &&
    typeof tenant_id === 'string' &&
    typeof token_kind === 'string' &&
    KINDS.includes(token_kind) &&
    typeof scope === 'string' &&
    (token_kind === 'user' ? typeof sid === 'string' : sid === null);
  if (!readable) throw refuseToken('a claim is not of its type');
  const verified: AccessToken = {
    jti,
    subject: sub,
    tenantId: tenant_id,
    clientId: client_id,
    scopes: scope === '' ? [] : scope.split(' '),
    kind: token_kind as TokenKind,
    sessionId: sid as string | null,
    issuedAt: iat * 1000,
    expiresAt: exp * 1000,
  };
  assertTimely(verified.issuedAt, verified.expiresAt, now);
  return verified;
}
