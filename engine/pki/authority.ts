import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Random } from '../ports.ts';
import { P256, type SigningAlgorithm, signingAlgorithmOf } from './algorithms.ts';
import { type DerValue, members, objectIdentifier, readOne, tag } from './der.ts';
import { parseCertificate } from './facts.ts';
import { certificateLibrary, webcrypto, type x509 } from './library.ts';
import { decodePem, fingerprintOf } from './pem.ts';

export const DAY_MS = 24 * 3600 * 1000;

/** A platform CA that can sign. Its private key is in memory only, and cannot be exported from there. */
export interface Authority {
  readonly generation: number;
  /** Its certificate; after it, when it is no root, those above it up to the root. */
  readonly certificatePem: string;
  readonly fingerprint: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** The distinguished name as DER, byte for byte as the certificate has it. */
  readonly name: Uint8Array;
  /** Hex of the subject key identifier, which everything it signs points to. */
  readonly keyIdentifier: string;
  /** As the library has it, read when somebody asks. */
  readonly certificate: x509.X509Certificate;
  readonly signingKey: webcrypto.CryptoKey;
  readonly algorithm: SigningAlgorithm;
}

export interface NewAuthority {
  readonly generation: number;
  /** The CA first, then, when it is no root, those above it. */
  readonly certificatePem: string;
  /** PKCS#8 DER; seal it before it is written anywhere, then forget it. */
  readonly privateKeyPkcs8: Uint8Array;
}

/**
 * Makes a self-signed P-256 CA that may sign device and server certificates but no further CA.
 * @param options.deployment names the deployment in the certificate, at most 40 characters.
 * @param options.now epoch milliseconds
 */
export async function createAuthority(options: {
  readonly now: number;
  readonly random: Random;
  readonly generation: number;
  readonly deployment: string;
  readonly validityDays?: number;
}): Promise<NewAuthority> {
  const x509 = certificateLibrary();
  const keys = await webcrypto.subtle.generateKey(P256.key as webcrypto.EcKeyGenParams, true, [
    'sign',
    'verify',
  ]);
  const commonName = `Thenar CA ${options.generation} ${options.deployment.slice(0, 40)}`.trim();
  const notBefore = wholeSeconds(options.now - limits.certificate_backdate_s * 1000);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(options.random),
    name: commonNameOf(commonName),
    notBefore: new Date(notBefore),
    notAfter: new Date(
      wholeSeconds(options.now + (options.validityDays ?? limits.ca_validity_days) * DAY_MS),
    ),
    keys,
    signingAlgorithm: P256.signature,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    generation: options.generation,
    certificatePem: `${certificate.toString('pem').trim()}\n`,
    privateKeyPkcs8: new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
  };
}

/**
 * Takes up a CA that was made before.
 * @throws ThenarError `internal` when key and certificate do not belong together: better no start than
 *   certificates nobody can verify.
 */
export async function loadAuthority(stored: NewAuthority): Promise<Authority> {
  const { generation, certificatePem, privateKeyPkcs8 } = stored;
  const [der] = decodePem(certificatePem, 'CERTIFICATE') ?? [];
  if (der === undefined) throw new ThenarError('internal', `CA generation ${generation} has no certificate.`);
  const certificate = new X509Certificate(der);
  const privateKey = createPrivateKey({ key: Buffer.from(privateKeyPkcs8), format: 'der', type: 'pkcs8' });
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ThenarError('internal', `The key of CA generation ${generation} is not its own.`);
  }
  const algorithm = signingAlgorithmOf(privateKey);
  if (algorithm === null) {
    throw new ThenarError('internal', `CA generation ${generation} has a key that cannot sign.`);
  }
  let parsed: x509.X509Certificate | null = null;
  return {
    generation,
    certificatePem,
    fingerprint: fingerprintOf(der),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    name: subjectName(der),
    keyIdentifier: keyIdentifierOf(der),
    get certificate() {
      parsed ??= parseCertificate(der);
      return parsed;
    },
    signingKey: await webcrypto.subtle.importKey('pkcs8', privateKeyPkcs8, algorithm.key, false, ['sign']),
    algorithm,
  };
}

/** Its own, or, for an uploaded CA without one, the first way of RFC 5280 section 4.2.1.2. */
function keyIdentifierOf(der: Uint8Array): string {
  const fields = signedFields(der);
  const extensions = fields.find((field) => field.tag === tag.context[3])?.contents;
  if (extensions !== undefined) {
    for (const extension of members(readOne(extensions, tag.sequence), EXTENSIONS_MAX)) {
      const [oid, ...rest] = members(extension, 3);
      if (oid === undefined || Buffer.compare(oid.raw, SUBJECT_KEY_IDENTIFIER) !== 0) continue;
      const value = readOne(rest.at(-1)?.contents ?? new Uint8Array(), tag.octetString);
      return Buffer.from(value.contents).toString('hex');
    }
  }
  return createHash('sha1').update(publicKeyBits(fields)).digest('hex');
}

/** The key's bit string without its count of unused bits, which is what hashes of keys are made of. */
function publicKeyBits(fields: readonly DerValue[]): Uint8Array {
  const [, key] = members(fields[6], 2);
  if (key?.tag !== tag.bitString) throw new ThenarError('internal', 'The CA certificate has no public key.');
  return key.contents.subarray(1);
}

/** What OCSP knows an authority by (RFC 6960, section 4.1.1): its name as DER, and the bits of its key. */
export function issuerIdentity(certificatePem: string): {
  readonly name: Uint8Array;
  readonly key: Uint8Array;
} {
  const [der] = decodePem(certificatePem, 'CERTIFICATE') ?? [];
  if (der === undefined) throw new ThenarError('internal', 'A stored CA has no certificate.');
  return { name: subjectName(der), key: publicKeyBits(signedFields(der)) };
}

const SUBJECT_KEY_IDENTIFIER = objectIdentifier('2.5.29.14');
const EXTENSIONS_MAX = 64;

/** Of a version 3 certificate: [0] version, serial, algorithm, issuer, validity, subject, key, …, [3] extensions. */
function signedFields(der: Uint8Array): DerValue[] {
  const [signed] = members(readOne(der, tag.sequence), 3);
  return members(signed, 10);
}

function subjectName(der: Uint8Array): Uint8Array {
  const subject = signedFields(der)[5];
  if (subject?.tag !== tag.sequence) throw new ThenarError('internal', 'The CA certificate has no subject.');
  return subject.raw;
}

/** A random positive serial of exactly 128 bits as lower-case hex (RFC 5280 wants at most 20 octets). */
export function newSerial(random: Random): string {
  const bytes = Uint8Array.from(random.bytes(16));
  // The top bits 01 keep it positive and of one length; 126 bits stay random.
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

/** A name of one CN; as an object, because the library reads strings as RFC 2253 text with its escapes. */
export function commonNameOf(value: string): x509.JsonName {
  return [{ CN: [{ utf8String: value }] }] as unknown as x509.JsonName;
}

/** X.509 has no milliseconds, and records must say what the certificate says. */
export function wholeSeconds(epochMs: number): number {
  return Math.floor(epochMs / 1000) * 1000;
}
