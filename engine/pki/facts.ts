/** What people want to know of a certificate. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { certificateLibrary, type x509 } from './library.ts';
import { fingerprintOf } from './pem.ts';

export interface CertificateFacts {
  readonly issuer: string;
  readonly subject: string;
  /** DNS names and IP addresses it speaks for; its common name when it lists none. */
  readonly names: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  /** Lower-case hex SHA-256 of the DER certificate. */
  readonly fingerprint: string;
  /** Lower-case hex. */
  readonly serial: string;
  /** `RSA 2048`, `EC P-256`, `Ed25519`. */
  readonly keyType: string;
}

/** @throws Error when the DER is no certificate */
export function certificateFacts(der: Uint8Array): CertificateFacts {
  const certificate = parseCertificate(der);
  const spki = Buffer.from(certificate.publicKey.rawData);
  return {
    issuer: certificate.issuer,
    subject: certificate.subject,
    names: namesOf(certificate),
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
    fingerprint: fingerprintOf(der),
    serial: certificate.serialNumber,
    keyType: keyTypeOf(createPublicKey({ key: spki, format: 'der', type: 'spki' })),
  };
}

/** From a copy in a buffer of its own: the library reads views of a pool as the whole pool. */
export function parseCertificate(der: Uint8Array): x509.X509Certificate {
  const x509 = certificateLibrary();
  return new x509.X509Certificate(Uint8Array.from(der).buffer);
}

/** Clients look at the common name only where there are no alternative names (RFC 6125, section 6.4.4). */
function namesOf(certificate: x509.X509Certificate): string[] {
  const x509 = certificateLibrary();
  const alternative = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const listed = alternative.filter(({ type }) => type === 'dns' || type === 'ip').map(({ value }) => value);
  return listed.length > 0 ? listed : certificate.subjectName.getField('CN');
}

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

export function keyTypeOf(key: KeyObject): string {
  const { modulusLength, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return `RSA ${modulusLength}`;
    case 'ec':
      return `EC ${CURVES[namedCurve] ?? namedCurve}`;
    case 'ed25519':
      return 'Ed25519';
    default:
      return key.asymmetricKeyType ?? 'unknown';
  }
}
