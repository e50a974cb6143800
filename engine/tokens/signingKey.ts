import { webcrypto } from 'node:crypto';
import { limits } from '../limits.ts';
import type { Sealer } from '../ports.ts';
import type { JsonObject, SigningKeyRecord } from '../records.ts';
import { joseLibrary } from './library.ts';

export type SigningAlgorithm = SigningKeyRecord['alg'];

/** How each algorithm is spoken of in WebCrypto. */
export const ALGORITHMS = {
  RS256: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: limits.signing_key_rsa_bits,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const;

/** When a key signs and until when it verifies, in epoch milliseconds. */
export type SigningPeriod = Pick<SigningKeyRecord, 'signsFrom' | 'signsUntil' | 'verifiesUntil'>;

export interface RotationPlan {
  /** The period of the key that must be made now, or null. */
  readonly create: SigningPeriod | null;
  /** Keys that verify nothing any more; their records can be deleted. */
  readonly retire: readonly string[];
}

/** What the private key of a record is sealed to. */
export function signingKeyPlace(kid: string): string {
  return `signing_keys/${kid}/private_key`;
}

/**
 * Makes a key pair, off the main thread (RSA takes some hundred milliseconds). Its identifier is the thumbprint of
 * its public key (RFC 7638), so that it can be taken for no other key.
 */
export async function createSigningKey(
  options: SigningPeriod & {
    readonly alg?: SigningAlgorithm;
    readonly now: number;
    readonly sealer: Sealer;
  },
): Promise<SigningKeyRecord> {
  const alg = options.alg ?? 'RS256';
  const pair = (await webcrypto.subtle.generateKey(ALGORITHMS[alg], true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const { kty, n, e, crv, x, y } = await webcrypto.subtle.exportKey('jwk', pair.publicKey);
  const material = kty === 'RSA' ? { kty, n: n!, e: e! } : { kty: kty!, crv: crv!, x: x!, y: y! };
  const { calculateJwkThumbprint } = await joseLibrary();
  const kid = await calculateJwkThumbprint(material);
  const publicJwk: JsonObject = { ...material, kid, alg, use: 'sig' };
  const pkcs8 = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey));
  const { signsFrom, signsUntil, verifiesUntil } = options;
  const privateKey = options.sealer.seal(pkcs8, signingKeyPlace(kid));
  return { kid, alg, publicJwk, privateKey, createdAt: options.now, signsFrom, signsUntil, verifiesUntil };
}

/**
 * Decides what rotation needs: call it at start and regularly, well within `limits.signing_key_publish_s`.
 * The next key is made that long before it signs. After a long stop no key may be left that signs; then one is
 * made that signs at once, and verifiers find it by its unknown `kid`.
 */
export function rotationDue(
  keys: readonly Pick<SigningKeyRecord, 'kid' | 'signsFrom' | 'signsUntil' | 'verifiesUntil'>[],
  now: number,
): RotationPlan {
  const retire = keys.filter((key) => key.verifiesUntil <= now).map((key) => key.kid);
  const lastUntil = Math.max(0, ...keys.map((key) => key.signsUntil));
  const due = lastUntil - limits.signing_key_publish_s * 1000 <= now;
  return { create: due ? periodFrom(Math.max(lastUntil, now)) : null, retire };
}

/** Keys that a rotation by command leaves: who signs until when, and who is not needed any more. */
export interface CommandedRotation {
  readonly create: SigningPeriod;
  /** Keys that sign beyond the new one's beginning end there. */
  readonly cut: readonly {
    readonly kid: string;
    readonly signsUntil: number;
    readonly verifiesUntil: number;
  }[];
  /** Keys that would have begun after it and have signed nothing yet. */
  readonly drop: readonly string[];
}

/**
 * A rotation that somebody asked for. The new key is published now and signs after
 * `limits.signing_key_command_publish_s`, when every cached JWKS has it. @returns null when a key that was asked for
 * a moment ago has not begun to sign yet: asking twice makes one.
 */
export function commandedRotation(keys: readonly SigningKeyRecord[], now: number): CommandedRotation | null {
  const signsFrom = now + limits.signing_key_command_publish_s * 1000;
  if (keys.some((key) => now < key.signsFrom && key.signsFrom <= signsFrom)) return null;
  const { signsUntil, verifiesUntil } = endsAt(signsFrom);
  return {
    create: periodFrom(signsFrom),
    cut: keys
      .filter((key) => key.signsFrom < signsFrom && key.signsUntil > signsFrom)
      .map(({ kid }) => ({ kid, signsUntil, verifiesUntil })),
    drop: keys.filter((key) => key.signsFrom >= signsFrom).map((key) => key.kid),
  };
}

function endsAt(signsUntil: number): Pick<SigningPeriod, 'signsUntil' | 'verifiesUntil'> {
  const grace = (limits.access_token_life_s + limits.clock_skew_s) * 1000;
  return { signsUntil, verifiesUntil: signsUntil + grace };
}

function periodFrom(signsFrom: number): SigningPeriod {
  return { signsFrom, ...endsAt(signsFrom + limits.signing_key_life_s * 1000) };
}
