import { constants, createPublicKey, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type DerValue, members, readOne, tag } from './der.ts';
import { decodePem } from './pem.ts';

export type DeviceKeyAlgorithm = 'EC P-256' | 'EC P-384' | `RSA ${number}`;

export interface CertificateRequest {
  /** SubjectPublicKeyInfo, DER, in its one canonical form. */
  readonly publicKey: Uint8Array;
  readonly algorithm: DeviceKeyAlgorithm;
}

interface SignatureScheme {
  readonly keyType: 'ec' | 'rsa';
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly pss?: true;
}

/** DER contents of the signature algorithm identifiers accepted as proof of possession, in hex. */
const SCHEMES: Readonly<Record<string, SignatureScheme>> = {
  '2a8648ce3d040302': { keyType: 'ec', hash: 'sha256' },
  '2a8648ce3d040303': { keyType: 'ec', hash: 'sha384' },
  '2a8648ce3d040304': { keyType: 'ec', hash: 'sha512' },
  '2a864886f70d01010b': { keyType: 'rsa', hash: 'sha256' },
  '2a864886f70d01010c': { keyType: 'rsa', hash: 'sha384' },
  '2a864886f70d01010d': { keyType: 'rsa', hash: 'sha512' },
};
const RSASSA_PSS = '2a864886f70d01010a';
const HASHES: Readonly<Record<string, SignatureScheme['hash']>> = {
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};

/** Members of a name, attribute set or algorithm that this reader is willing to look at. */
const MEMBERS_MAX = 64;

/**
 * Reads a PKCS#10 certificate request (RFC 2986) in PEM and checks its signature, which proves that the sender
 * holds the private key. Subject and attributes are ignored: the platform names its devices itself.
 * @throws ThenarError `csr_invalid` when it cannot be read or its signature does not verify;
 *   `csr_key_unsupported` unless its key is P-256, P-384 or RSA from 3072 to 8192 bits.
 */
export function readCsr(pem: string): CertificateRequest {
  if (pem.length > limits.csr_bytes_max) throw invalid(`A CSR has at most ${limits.csr_bytes_max} bytes.`);
  const blocks = decodePem(pem, 'CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST');
  const der = blocks?.[0];
  if (blocks?.length !== 1 || der === undefined) {
    throw invalid('The CSR must be exactly one PEM block CERTIFICATE REQUEST.');
  }
  let parts: RequestParts;
  try {
    parts = readParts(der);
  } catch (cause) {
    throw invalid('The CSR is not a PKCS#10 request in DER.', cause);
  }
  const key = readKey(parts.publicKey);
  const algorithm = keyAlgorithm(key);
  const scheme = readScheme(parts.signatureAlgorithm);
  if (scheme === null || scheme.keyType !== key.asymmetricKeyType) {
    throw invalid('The CSR must be signed by its own key with SHA-256, SHA-384 or SHA-512.');
  }
  if (!signatureHolds(parts, key, scheme)) throw invalid('The signature of the CSR does not verify.');
  // Through JWK and back, so that explicit curve parameters and compressed points end up in one form.
  const canonical = createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
  return { publicKey: canonical.export({ format: 'der', type: 'spki' }), algorithm };
}

interface RequestParts {
  readonly signed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly signatureAlgorithm: DerValue;
  readonly signature: Uint8Array;
}

function readParts(der: Uint8Array): RequestParts {
  const outer = members(readOne(der, tag.sequence), 3);
  const [information, signatureAlgorithm, signature] = outer;
  const [version, subject, publicKey, attributes] = members(information, 4);
  const wellFormed =
    outer.length === 3 &&
    version?.tag === tag.integer &&
    Buffer.from(version.contents).equals(Uint8Array.of(0)) &&
    subject?.tag === tag.sequence &&
    publicKey?.tag === tag.sequence &&
    (attributes === undefined || attributes.tag === tag.context[0]) &&
    signatureAlgorithm?.tag === tag.sequence &&
    signature?.tag === tag.bitString &&
    signature.contents[0] === 0;
  if (!wellFormed) throw new Error('a part is missing or misplaced');
  return {
    signed: information!.raw,
    publicKey: publicKey.raw,
    signatureAlgorithm,
    signature: signature.contents.subarray(1),
  };
}

function readKey(spki: Uint8Array): KeyObject {
  try {
    // OpenSSL refuses points that are not on their curve here.
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw invalid('The public key of the CSR cannot be read.', cause);
  }
}

/** Runs before the signature is verified, so that an enormous key costs nothing. */
function keyAlgorithm(key: KeyObject): DeviceKeyAlgorithm {
  const { namedCurve, modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ec') {
    if (namedCurve === 'prime256v1') return 'EC P-256';
    if (namedCurve === 'secp384r1') return 'EC P-384';
  }
  if (key.asymmetricKeyType === 'rsa' && modulusLength !== undefined && publicExponent !== undefined) {
    const sane = publicExponent >= 65_537n && publicExponent < 2n ** 32n && publicExponent % 2n === 1n;
    const { rsa_key_bits_min, rsa_key_bits_max } = limits;
    if (sane && modulusLength >= rsa_key_bits_min && modulusLength <= rsa_key_bits_max) {
      return `RSA ${modulusLength}`;
    }
  }
  throw new ThenarError(
    'csr_key_unsupported',
    `The key must be EC P-256, EC P-384 or RSA of ${limits.rsa_key_bits_min} to ${limits.rsa_key_bits_max} bits.`,
  );
}

function readScheme(algorithm: DerValue): SignatureScheme | null {
  try {
    const [identifier, parameters] = members(algorithm, 2);
    if (identifier?.tag !== tag.objectIdentifier) return null;
    const name = Buffer.from(identifier.contents).toString('hex');
    if (name !== RSASSA_PSS) return SCHEMES[name] ?? null;
    // RSASSA-PSS-params (RFC 4055): [0] hash, [1] mask function, [2] salt length. The hash defaults to SHA-1,
    // which is refused; the mask function must use the same hash, or verification fails below.
    const [hash] = members(parameters, 4);
    if (hash?.tag !== tag.context[0]) return null;
    const [hashName] = members(readOne(hash.contents, tag.sequence), MEMBERS_MAX);
    const digest = HASHES[Buffer.from(hashName?.contents ?? []).toString('hex')];
    return digest === undefined ? null : { keyType: 'rsa', hash: digest, pss: true };
  } catch {
    return null;
  }
}

function signatureHolds(parts: RequestParts, key: KeyObject, scheme: SignatureScheme): boolean {
  const input: VerifyKeyObjectInput =
    scheme.pss === true
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
      : { key };
  try {
    return verify(scheme.hash, parts.signed, input, parts.signature);
  } catch {
    return false;
  }
}

function invalid(message: string, cause?: unknown): ThenarError {
  return new ThenarError('csr_invalid', message, { cause });
}
