/** What certificate authorities sign with: the platform's own P-256, and what operators bring along. */
import type { KeyObject } from 'node:crypto';
import { objectIdentifier, tag, unsignedInteger, write } from './der.ts';
import type { webcrypto } from './library.ts';

export interface SigningAlgorithm {
  /** To import the private key with. */
  readonly key: webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams;
  /** To sign with. */
  readonly signature: { readonly name: string; readonly hash: 'SHA-256' | 'SHA-384' };
  /** AlgorithmIdentifier as DER. */
  readonly identifier: Uint8Array;
  /** The signature as X.509 wants it, from what WebCrypto gives. */
  encode(signature: Uint8Array): Uint8Array;
}

/** ECDSA-Sig-Value (RFC 3279, section 2.2.3) from the two halves that WebCrypto puts side by side. */
function ecdsaValue(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  return write(
    tag.sequence,
    unsignedInteger(signature.subarray(0, half)),
    unsignedInteger(signature.subarray(half)),
  );
}

export const P256: SigningAlgorithm = {
  key: { name: 'ECDSA', namedCurve: 'P-256' },
  signature: { name: 'ECDSA', hash: 'SHA-256' },
  identifier: write(tag.sequence, objectIdentifier('1.2.840.10045.4.3.2')),
  encode: ecdsaValue,
};

const P384: SigningAlgorithm = {
  key: { name: 'ECDSA', namedCurve: 'P-384' },
  signature: { name: 'ECDSA', hash: 'SHA-384' },
  identifier: write(tag.sequence, objectIdentifier('1.2.840.10045.4.3.3')),
  encode: ecdsaValue,
};

const RSA: SigningAlgorithm = {
  key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  signature: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  identifier: write(tag.sequence, objectIdentifier('1.2.840.113549.1.1.11'), write(tag.null)),
  encode: (signature) => signature,
};

/** Null for a key that no authority of ours signs with. */
export function signingAlgorithmOf(key: KeyObject): SigningAlgorithm | null {
  if (key.asymmetricKeyType === 'rsa') return RSA;
  if (key.asymmetricKeyType !== 'ec') return null;
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case 'prime256v1':
      return P256;
    case 'secp384r1':
      return P384;
    default:
      return null;
  }
}
