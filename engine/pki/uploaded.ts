/** Certificate, key and chain as operators upload them, in PEM or PKCS#12: read, put together, and checked as a whole. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { limits } from '../limits.ts';
import { keyTypeOf, parseCertificate } from './facts.ts';
import { decodePem, encodePem, fingerprintOf } from './pem.ts';
import { readPkcs12 } from './pkcs12.ts';
import { refusedPart, type UploadPart } from './refused.ts';

export type UploadedParts =
  | {
      readonly certificatePem: string;
      readonly privateKeyPem: string;
      readonly chainPem?: string;
    }
  | { readonly pkcs12: Uint8Array; readonly password: string };

export interface UploadedIdentity {
  readonly leaf: X509Certificate;
  /** DER, each signed by the next. */
  readonly chain: readonly Uint8Array[];
  readonly key: KeyObject;
  /** The leaf and its chain. */
  readonly certificatePem: string;
  /** PKCS#8 DER; seal it before it is written anywhere. */
  readonly privateKeyPkcs8: Uint8Array;
  /** Where a refusal of the certificate itself points to. */
  readonly part: UploadPart;
}

/**
 * Reads the parts, finds the certificate of the key, and checks the pair, the order and signatures of the chain,
 * every validity and every strength.
 * @param now epoch milliseconds
 * @throws ThenarError `certificate_invalid` with `details: {part, reason}`
 */
export function readUpload(parts: UploadedParts, now: number): UploadedIdentity {
  const read = 'pkcs12' in parts ? fromPkcs12(parts) : fromPem(parts);
  const [first] = read.chain;
  const leaf = new X509Certificate(first!);
  const path = read.chain.map((der) => new X509Certificate(der));
  path.forEach((certificate, index) => {
    const part = index === 0 || read.part === 'pkcs12' ? read.part : 'chain';
    assertValid(certificate, part, now);
    assertStrong(certificate, part);
    const issuer = path[index + 1];
    if (issuer !== undefined) assertIssued(certificate, issuer, part === 'pkcs12' ? part : 'chain');
  });
  return {
    ...read,
    leaf,
    certificatePem: read.chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
    privateKeyPkcs8: read.key.export({ format: 'der', type: 'pkcs8' }),
  };
}

type Read = Pick<UploadedIdentity, 'chain' | 'key' | 'part'>;

function fromPem(parts: Extract<UploadedParts, { certificatePem: string }>): Read {
  const own = readCertificates(parts.certificatePem, 'certificate');
  const chain = parts.chainPem === undefined ? [] : readCertificates(parts.chainPem, 'chain');
  const key = readPrivateKey(parts.privateKeyPem);
  const [leaf] = own;
  if (leaf === undefined)
    throw refusedPart('certificate', 'no_certificate', 'There is no certificate in it.');
  if (!new X509Certificate(leaf).checkPrivateKey(key)) {
    const other = [...own, ...chain].some((der) => new X509Certificate(der).checkPrivateKey(key));
    throw other
      ? refusedPart('certificate', 'order', 'The certificate of the private key must come first.')
      : refusedPart('private_key', 'key_mismatch', 'The private key does not belong to the certificate.');
  }
  return { chain: distinct([...own, ...chain]), key, part: 'certificate' };
}

/** In such a file the certificates have no order, so the chain is followed from the leaf upwards. */
function fromPkcs12(parts: Extract<UploadedParts, { pkcs12: Uint8Array }>): Read {
  const { certificates, privateKey } = readPkcs12(parts.pkcs12, parts.password);
  const key = keyOf(
    () => createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' }),
    'pkcs12',
  );
  const all = distinct(certificates.map((der) => readable(der, 'pkcs12')));
  const leaf = all.find((der) => new X509Certificate(der).checkPrivateKey(key));
  if (leaf === undefined) {
    throw refusedPart('pkcs12', 'key_mismatch', 'The file holds no certificate of its private key.');
  }
  const chain = [leaf];
  for (let last = leaf; chain.length <= limits.uploaded_chain_max; ) {
    const issuer = all.find((der) => !chain.includes(der) && issuedBy(last, der));
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  return { chain: bounded(chain, 'pkcs12'), key, part: 'pkcs12' };
}

function issuedBy(der: Uint8Array, issuer: Uint8Array): boolean {
  const [certificate, above] = [new X509Certificate(der), new X509Certificate(issuer)];
  return certificate.checkIssued(above) && certificate.verify(above.publicKey);
}

function readCertificates(pem: string, part: UploadPart): Uint8Array[] {
  const blocks = decodePem(pem, 'CERTIFICATE');
  if (blocks === null || blocks.length === 0) {
    throw refusedPart(part, 'unreadable', `The ${part} holds no readable CERTIFICATE block in PEM.`);
  }
  return bounded(blocks, part).map((der) => readable(der, part));
}

function bounded(chain: Uint8Array[], part: UploadPart): Uint8Array[] {
  if (chain.length <= limits.uploaded_chain_max) return chain;
  const message = `There are more than ${limits.uploaded_chain_max} certificates in it.`;
  throw refusedPart(part, 'too_many', message);
}

/** Both libraries that will ever look at it must be able to read it, whatever of it they read only when it is asked for. */
function readable(der: Uint8Array, part: UploadPart): Uint8Array {
  try {
    const { publicKey } = new X509Certificate(der);
    const { extensions } = parseCertificate(der);
    if (publicKey === undefined || extensions === undefined) throw new TypeError('It lacks a part.');
    return der;
  } catch (cause) {
    throw refusedPart(part, 'unreadable', `The ${part} holds what is no X.509 certificate.`, cause);
  }
}

/** The chain is often uploaded twice: in its own part and behind the certificate. */
function distinct(chain: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(chain.map((der) => [fingerprintOf(der), der])).values()];
}

const KEY_LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'] as const;

function readPrivateKey(pem: string): KeyObject {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type:\s*4,\s*ENCRYPTED/.test(pem)) {
    const message = 'The private key is encrypted; decrypt it first: openssl pkey -in key.pem -out plain.pem';
    throw refusedPart('private_key', 'encrypted', message);
  }
  const found = KEY_LABELS.flatMap((label) =>
    (decodePem(pem, label) ?? []).map((der) => encodePem(label, der)),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw refusedPart(
      'private_key',
      'unreadable',
      'The private key must be exactly one PRIVATE KEY block in PEM.',
    );
  }
  return keyOf(() => createPrivateKey(only), 'private_key');
}

function keyOf(read: () => KeyObject, part: UploadPart): KeyObject {
  try {
    return read();
  } catch (cause) {
    throw refusedPart(part, 'unreadable', 'The private key cannot be read.', cause);
  }
}

function assertValid(certificate: X509Certificate, part: UploadPart, now: number): void {
  const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const who = nameOf(certificate);
  if (now > until) {
    throw refusedPart(part, 'expired', `${who} expired on ${new Date(until).toISOString()}.`);
  }
  if (now < from) {
    throw refusedPart(part, 'not_yet_valid', `${who} is not valid before ${new Date(from).toISOString()}.`);
  }
}

function assertIssued(certificate: X509Certificate, issuer: X509Certificate, part: UploadPart): void {
  if (!certificate.checkIssued(issuer)) {
    const message = `${nameOf(certificate)} was not issued by ${nameOf(issuer)}, which follows it.`;
    throw refusedPart(part, 'order', message);
  }
  if (!certificate.verify(issuer.publicKey)) {
    throw refusedPart(
      part,
      'signature',
      `The signature of ${nameOf(issuer)} on ${nameOf(certificate)} is wrong.`,
    );
  }
}

const STRONG_CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1'];

/** Keys that clients of today accept, and signatures whose hash nobody can forge; a root's own is never looked at. */
function assertStrong(certificate: X509Certificate, part: UploadPart): void {
  const key = certificate.publicKey;
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  const strong =
    key.asymmetricKeyType === 'ed25519' ||
    (key.asymmetricKeyType === 'ec' && STRONG_CURVES.includes(namedCurve)) ||
    (key.asymmetricKeyType === 'rsa' &&
      modulusLength >= limits.uploaded_rsa_bits_min &&
      modulusLength <= limits.rsa_key_bits_max);
  if (!strong) {
    const taken = `RSA of ${limits.uploaded_rsa_bits_min} to ${limits.rsa_key_bits_max} bits, P-256, P-384 and Ed25519`;
    throw refusedPart(
      part,
      'weak_key',
      `${nameOf(certificate)} has a key ${keyTypeOf(key)}; taken are ${taken}.`,
    );
  }
  const { hash } = parseCertificate(certificate.raw).signatureAlgorithm as {
    readonly hash?: { readonly name: string };
  };
  const selfSigned = certificate.checkIssued(certificate);
  if (!selfSigned && hash !== undefined && /^(SHA-1|MD5)$/i.test(hash.name)) {
    throw refusedPart(part, 'weak_signature', `${nameOf(certificate)} is signed with ${hash.name}.`);
  }
}

/** What people know a certificate by. */
function nameOf(certificate: X509Certificate): string {
  const subject = certificate.subject?.split('\n').join(', ') ?? '';
  return subject === '' ? 'The certificate' : `The certificate ${subject}`;
}
