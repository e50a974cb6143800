import { createPrivateKey, sign, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { ThenarError } from '../errors.ts';
import type { Sealer } from '../ports.ts';
import type { JsonObject, SigningKeyRecord } from '../records.ts';
import { ALGORITHMS, type SigningAlgorithm, signingKeyPlace } from './signingKey.ts';

export interface RingKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly publicKey: webcrypto.CryptoKey;
  /** Signs a text, as a JWS of its algorithm is signed. The private key itself is out of everybody's reach. */
  sign(input: string): Promise<Buffer>;
  readonly publicJwk: JsonObject;
  readonly signsFrom: number;
  readonly signsUntil: number;
  readonly verifiesUntil: number;
}

/** The signing keys of the deployment, ready for use. Immutable: after a rotation a new ring takes its place. */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, RingKey>;

  private constructor(keys: readonly RingKey[]) {
    this.#keys = new Map(keys.map((key) => [key.kid, key]));
  }

  /** @throws whatever the sealer throws for a record that was tampered with. */
  static async load(records: readonly SigningKeyRecord[], sealer: Sealer): Promise<KeyRing> {
    return new KeyRing(await Promise.all(records.map((record) => take(record, sealer))));
  }

  /**
   * The newest key that may sign now.
   * @throws ThenarError `unavailable` when there is none: rotation is overdue.
   */
  signer(now: number): RingKey {
    let newest: RingKey | null = null;
    for (const key of this.#keys.values()) {
      const signs = key.signsFrom <= now && now < key.signsUntil;
      if (signs && (newest === null || key.signsFrom > newest.signsFrom)) newest = key;
    }
    if (newest === null) throw new ThenarError('unavailable', 'No key can sign tokens at the moment.');
    return newest;
  }

  /** The key of that identifier while it verifies. */
  verifier(kid: string, now: number): RingKey | null {
    const key = this.#keys.get(kid);
    return key !== undefined && now < key.verifiesUntil ? key : null;
  }

  /** The JSON Web Key Set (RFC 7517): public parts only, the coming key included. */
  jwks(now: number): { readonly keys: readonly JsonObject[] } {
    return { keys: [...this.#keys.values()].filter((k) => now < k.verifiesUntil).map((k) => k.publicJwk) };
  }
}

/** On a thread of the pool. Without WebCrypto, whose hops and checks took a sixth of an RSA signature's time. */
const signAside = promisify(sign);

async function take(record: SigningKeyRecord, sealer: Sealer): Promise<RingKey> {
  const { kid, alg, publicJwk, signsFrom, signsUntil, verifiesUntil } = record;
  const pkcs8 = sealer.open(record.privateKey, signingKeyPlace(kid));
  const algorithm = ALGORITHMS[alg];
  const publicKey = await webcrypto.subtle.importKey(
    'jwk',
    publicJwk as webcrypto.JsonWebKey,
    algorithm,
    true,
    ['verify'],
  );
  // ECDSA signatures of a JWS are the two numbers side by side (RFC 7518, section 3.4); RSA ignores it.
  const dsaEncoding = 'ieee-p1363' as const;
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  return {
    kid,
    alg,
    publicKey,
    sign: (input) => signAside('sha256', Buffer.from(input), { key, dsaEncoding }),
    publicJwk,
    signsFrom,
    signsUntil,
    verifiesUntil,
  };
}
