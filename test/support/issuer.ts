/** An identity provider of a tenant: its keys, and the access tokens that it issues. */
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export type IssuerAlgorithm = 'RS256' | 'PS256' | 'ES256';

interface Key {
  readonly kid: string;
  readonly alg: IssuerAlgorithm;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

let made = 0;

export class TestIssuer {
  readonly issuer: string;
  readonly audience: string;
  #keys: readonly Key[] = [];

  private constructor(issuer: string, audience: string) {
    this.issuer = issuer;
    this.audience = audience;
  }

  static async open(alg: IssuerAlgorithm = 'ES256'): Promise<TestIssuer> {
    made += 1;
    const issuer = new TestIssuer(`https://idp-${made}.example/`, 'https://wallet.example/api');
    await issuer.rotate(alg);
    return issuer;
  }

  /** The public keys, as the provider publishes them. */
  get jwks(): { readonly keys: readonly JWK[] } {
    return { keys: this.#keys.map(({ publicJwk }) => publicJwk) };
  }

  /** What a tenant sets: issuer, audience and the keys themselves. */
  get setting(): object {
    const { issuer, audience, jwks } = this;
    return { issuer, audience, jwks };
  }

  /** A new key signs from now on. @param keep how many of those before it stay published */
  async rotate(alg: IssuerAlgorithm = 'ES256', keep = 0): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    made += 1;
    const kid = `key-${made}`;
    const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
    this.#keys = [{ kid, alg, privateKey, publicJwk }, ...this.#keys.slice(0, keep)];
  }

  /** Claims that are undefined are left out. @param at which of the keys signs, the newest first */
  async token(subject: string, claims: JWTPayload = {}, at = 0): Promise<string> {
    const key = this.#keys[at];
    if (key === undefined) throw new Error('no such key');
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: this.issuer, aud: this.audience, sub: subject, iat: now, exp: now + 3_600 };
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
      .sign(key.privateKey);
  }

  async headers(subject: string, claims: JWTPayload = {}): Promise<{ readonly authorization: string }> {
    return { authorization: `Bearer ${await this.token(subject, claims)}` };
  }
}
