/** PKCS#12 files (RFC 7292), in which operators get server certificates from their own CA. */
import forge from 'node-forge';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';

export interface UploadedCertificate {
  /** Leaf first, then its chain. */
  readonly certificatePem: string;
  readonly keyPem: string;
}

/**
 * Reads the RSA key and the certificates of a PKCS#12 file. Elliptic-curve keys are not read by the library behind
 * this; operators upload those as PEM.
 * @throws ThenarError `validation_failed` with what is wrong: too large, wrong password, no key, no certificate for it
 */
export function readPkcs12(file: Uint8Array, password: string): UploadedCertificate {
  if (file.length > limits.pkcs12_bytes_max)
    throw refused(`A PKCS#12 file has at most ${limits.pkcs12_bytes_max} bytes.`);
  const bags = open(file, password);
  const key = bags.find((bag) => bag.key)?.key as forge.pki.rsa.PrivateKey | undefined;
  const certificates = bags.flatMap((bag) => (bag.cert ? [bag.cert] : []));
  if (key === undefined) throw refused('The file holds no RSA private key.');
  const leaf = certificates.find((certificate) => belongs(certificate, key));
  if (leaf === undefined) throw refused('The file holds no certificate of its private key.');
  const chain = certificates.filter((certificate) => certificate !== leaf);
  const pem = (certificate: forge.pki.Certificate): string => lines(forge.pki.certificateToPem(certificate));
  return {
    certificatePem: [leaf, ...chain].map(pem).join(''),
    keyPem: lines(forge.pki.privateKeyToPem(key)),
  };
}

function open(file: Uint8Array, password: string): forge.pkcs12.Bag[] {
  try {
    const asn1 = forge.asn1.fromDer(forge.util.createBuffer(Buffer.from(file).toString('binary')));
    const { safeContents } = forge.pkcs12.pkcs12FromAsn1(asn1, password);
    return safeContents.flatMap((contents) => contents.safeBags);
  } catch (cause) {
    throw refused('The file is no PKCS#12 file, or the password is wrong.', cause);
  }
}

function belongs(certificate: forge.pki.Certificate, key: forge.pki.rsa.PrivateKey): boolean {
  const publicKey = certificate.publicKey as forge.pki.rsa.PublicKey;
  return publicKey.n?.equals(key.n) ?? false;
}

function lines(pem: string): string {
  return `${pem.replace(/\r/g, '').trim()}\n`;
}

function refused(message: string, cause?: unknown): ThenarError {
  return new ThenarError('validation_failed', message, { cause });
}
