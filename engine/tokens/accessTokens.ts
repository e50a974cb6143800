import * as crypto from 'node:crypto';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { RecentMap } from '../recent.ts';
import { type AccessTokenClaims, type IssuedToken, issueAccessToken } from './issue.ts';
import type { KeyRing } from './keyRing.ts';
import { assertTimely, refuseToken } from './refusal.ts';
import { type AccessToken, verifyAccessToken } from './verify.ts';

/**
 * Issues and verifies the deployment's access tokens. Verified tokens are remembered by their SHA-256, so that the
 * signature is checked once a token and not once a request; only valid tokens get in, so nobody without one can
 * push others out.
 */
export class AccessTokens {
  #ring: KeyRing;
  readonly #issuer: string;
  readonly #audience: string;
  readonly #verified: RecentMap<string, AccessToken>;
  /** Deleted clients and until when a token of theirs could still be in its life; in order of that time. */
  readonly #revokedClients = new Map<string, number>();

  constructor(options: {
    readonly ring: KeyRing;
    readonly issuer: string;
    readonly audience: string;
    readonly cacheMax?: number;
  }) {
    this.#ring = options.ring;
    this.#issuer = options.issuer;
    this.#audience = options.audience;
    this.#verified = new RecentMap(options.cacheMax ?? limits.token_cache_max);
  }

  /** Takes up a rotated ring. What an earlier ring verified is checked again, in case a key was withdrawn. */
  useRing(ring: KeyRing): void {
    this.#ring = ring;
    this.#verified.clear();
  }

  /** @throws ThenarError `unavailable` when no key signs now. */
  issue(claims: Omit<AccessTokenClaims, 'issuer' | 'audience'>, now: number): Promise<IssuedToken> {
    return issueAccessToken(this.#ring, { ...claims, issuer: this.#issuer, audience: this.#audience }, now);
  }

  /**
   * A token verified before and still good, at once; null when it must be verified.
   * @throws ThenarError `invalid_token` when it is known and not good any more
   */
  recall(token: string, now: number): AccessToken | null {
    return token.length > limits.token_bytes_max ? null : this.#recall(digest(token), now);
  }

  /** @throws ThenarError `invalid_token` */
  async verify(token: string, now: number): Promise<AccessToken> {
    // Refused before hashing, so that nobody has us hash megabytes.
    if (token.length > limits.token_bytes_max) throw refuseToken('too long');
    const key = digest(token);
    const known = this.#recall(key, now);
    if (known !== null) return known;
    const ring = this.#ring;
    const verified = await verifyAccessToken(ring, token, {
      now,
      issuer: this.#issuer,
      audience: this.#audience,
    });
    this.#refuseRevoked(verified);
    // The ring may have changed while the signature was checked; then the answer stands but is not remembered.
    if (ring === this.#ring) this.#verified.set(key, verified);
    return verified;
  }

  /**
   * Refuses every live token of a deleted client from now on. Client ids are never used again. At start, call it for
   * clients deleted within the last token life.
   * @throws ThenarError `limit_reached` rather than forgetting a client whose tokens still live
   */
  revokeClient(clientId: string, now: number): void {
    if (this.#revokedClients.size >= limits.revoked_clients_max) this.#forgetRevoked(now);
    if (this.#revokedClients.size >= limits.revoked_clients_max && !this.#revokedClients.has(clientId)) {
      throw new ThenarError('limit_reached', 'Too many clients were deleted within the last hour.');
    }
    this.#revokedClients.delete(clientId);
    const life = limits.access_token_life_s + 2 * limits.clock_skew_s;
    this.#revokedClients.set(clientId, now + life * 1000);
  }

  /** The public keys, as `/.well-known/jwks.json` shows them. */
  jwks(now: number): ReturnType<KeyRing['jwks']> {
    return this.#ring.jwks(now);
  }

  /** Only when room is needed: a clock that jumps ahead and back again must bring no token back to life. */
  #forgetRevoked(now: number): void {
    for (const [id, until] of this.#revokedClients) {
      if (until > now) break;
      this.#revokedClients.delete(id);
    }
  }

  #recall(key: string, now: number): AccessToken | null {
    const known = this.#verified.get(key);
    if (known === undefined) return null;
    assertTimely(known.issuedAt, known.expiresAt, now);
    this.#refuseRevoked(known);
    return known;
  }

  #refuseRevoked(token: AccessToken): void {
    if (this.#revokedClients.has(token.clientId)) throw refuseToken('client deleted');
  }
}

/** SHA-256 in one call, a third of the time of one in three; Node has it since 20.12. */
const digest: (token: string) => string =
  'hash' in crypto
    ? (token) => crypto.hash('sha256', token, 'base64')
    : (token) =>
        (crypto as { createHash: typeof crypto.createHash })
          .createHash('sha256')
          .update(token)
          .digest('base64');
