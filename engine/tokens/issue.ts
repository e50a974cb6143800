import { limits } from '../limits.ts';
import { signJws } from './jws.ts';
import type { KeyRing } from './keyRing.ts';

/** Whom a token speaks for: an integrator's client, or an end user who signed in through one. */
export type TokenKind = 'client' | 'user';

export interface AccessTokenClaims {
  readonly issuer: string;
  readonly audience: string;
  /** Client id, or user id. */
  readonly subject: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly kind: TokenKind;
  readonly jti: string;
  /** Of a user: the sign-in it belongs to, with which it ends. */
  readonly sessionId?: string;
  /** At most `limits.access_token_life_s`, which is the default. */
  readonly lifetimeSeconds?: number;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** The media type by which an access token is told from every other JWT (RFC 9068, section 2.1). */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/**
 * Signs an access token with the claims of RFC 9068, and `tenant_id` and `token_kind` of our own.
 * @param now epoch milliseconds
 * @throws ThenarError `unavailable` when no key signs now.
 */
export async function issueAccessToken(
  ring: KeyRing,
  claims: AccessTokenClaims,
  now: number,
): Promise<IssuedToken> {
  const key = ring.signer(now);
  const issuedAt = Math.floor(now / 1000);
  // No longer than one life, because the key verifies only that much longer than it signs.
  const life = Math.min(claims.lifetimeSeconds ?? Number.POSITIVE_INFINITY, limits.access_token_life_s);
  const token = await signJws(key, ACCESS_TOKEN_TYPE, {
    client_id: claims.clientId,
    tenant_id: claims.tenantId,
    token_kind: claims.kind,
    scope: claims.scopes.join(' '),
    ...(claims.sessionId === undefined ? {} : { sid: claims.sessionId }),
    iss: claims.issuer,
    aud: claims.audience,
    sub: claims.subject,
    jti: claims.jti,
    iat: issuedAt,
    exp: issuedAt + life,
  });
  return { token, expiresInSeconds: life, expiresAt: (issuedAt + life) * 1000 };
}
