import { isIP } from 'node:net';
import { limits } from '../limits.ts';
import type { Random } from '../ports.ts';
import { type Authority, commonNameOf, DAY_MS, newSerial, wholeSeconds } from './authority.ts';
import { tag, write } from './der.ts';
import { certificateLibrary, webcrypto, type x509 } from './library.ts';
import { decodePem, encodePem, fingerprintOf } from './pem.ts';

export interface IssuedCertificate {
  readonly pem: string;
  /** Lower-case hex SHA-256 of the DER certificate. */
  readonly fingerprint: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly generation: number;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The name by which a certificate binds a device to its tenant. */
export function deviceUrn(tenantId: string, deviceId: string): string {
  return `urn:thenar:tenant:${tenantId}:device:${deviceId}`;
}

/**
 * Issues a certificate with which a scanner may open connections, and do nothing else.
 * @param options.publicKey canonical SubjectPublicKeyInfo of `readCsr`
 * @param options.now epoch milliseconds; the certificate starts a little earlier and never outlives its CA
 * @param options.published where others may ask about it, when that has a public address
 */
export async function issueDeviceCertificate(
  authority: Authority,
  options: {
    readonly deviceId: string;
    readonly tenantId: string;
    readonly publicKey: Uint8Array;
    readonly now: number;
    readonly validityDays: number;
    readonly random: Random;
    readonly published?: { readonly crlUrl: string; readonly ocspUrl: string };
  },
): Promise<IssuedCertificate> {
  const { tenantId, deviceId, published } = options;
  const x509 = certificateLibrary();
  return issue(authority, options, deviceId, [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: 'url', value: deviceUrn(tenantId, deviceId) }]),
    ...(published === undefined
      ? []
      : [
          new x509.CRLDistributionPointsExtension([published.crlUrl]),
          new x509.AuthorityInfoAccessExtension({ ocsp: published.ocspUrl }),
        ]),
  ]);
}

/** What OCSP answers about an authority's certificates are signed with. */
export interface StatusSigner {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly signingKey: webcrypto.CryptoKey;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** `id-pkix-ocsp-nocheck` (RFC 6960, section 4.2.2.2.1): nobody asks about the one who answers. */
const OCSP_NO_CHECK = '1.3.6.1.5.5.7.48.1.5';

/**
 * Issues a certificate that may sign OCSP answers and do nothing else, with a P-256 key that never leaves memory: the
 * authority's own key, which may be slow, signs nothing that strangers have a hand in.
 */
export async function issueStatusSigner(
  authority: Authority,
  options: { readonly now: number; readonly random: Random },
): Promise<StatusSigner> {
  const x509 = certificateLibrary();
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ]);
  const publicKey = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey));
  const validityDays = limits.ocsp_signer_validity_days;
  const { pem, notBefore, notAfter } = await issue(
    authority,
    { ...options, publicKey, validityDays },
    'Thenar certificate status',
    [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.ocspSigning]),
      new x509.Extension(OCSP_NO_CHECK, false, write(tag.null)),
    ],
  );
  const [certificate] = decodePem(pem, 'CERTIFICATE') ?? [];
  return { certificate: certificate!, signingKey: keys.privateKey, notBefore, notAfter };
}

/** Issues the certificate of the device listener for DNS names and IP addresses, with a key of its own. */
export async function issueServerCertificate(
  authority: Authority,
  options: {
    readonly names: readonly string[];
    readonly now: number;
    readonly random: Random;
    readonly validityDays?: number;
  },
): Promise<IssuedCertificate & { readonly privateKeyPem: string }> {
  const x509 = certificateLibrary();
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const names = [...new Set(options.names)].map((value) => ({
    type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
    value,
  }));
  const publicKey = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey));
  const validityDays = options.validityDays ?? limits.server_certificate_validity_days;
  const certificate = await issue(
    authority,
    { ...options, publicKey, validityDays },
    'Thenar device listener',
    [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names),
    ],
  );
  const pkcs8 = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { ...certificate, privateKeyPem: encodePem('PRIVATE KEY', pkcs8) };
}

async function issue(
  authority: Authority,
  subject: {
    readonly publicKey: Uint8Array;
    readonly now: number;
    readonly validityDays: number;
    readonly random: Random;
  },
  commonName: string,
  extensions: readonly x509.Extension[],
): Promise<IssuedCertificate> {
  const x509 = certificateLibrary();
  const notBefore = Math.max(
    wholeSeconds(subject.now - limits.certificate_backdate_s * 1000),
    authority.notBefore,
  );
  const notAfter = Math.min(wholeSeconds(subject.now + subject.validityDays * DAY_MS), authority.notAfter);
  const serial = newSerial(subject.random);
  // A copy in a buffer of its own: the library reads views of a pool as the whole pool.
  const publicKey = new x509.PublicKey(Uint8Array.from(subject.publicKey).buffer);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: commonNameOf(commonName),
    issuer: authority.certificate.subjectName,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    publicKey,
    signingKey: authority.signingKey,
    signingAlgorithm: authority.algorithm.signature,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      new x509.AuthorityKeyIdentifierExtension(authority.keyIdentifier),
    ],
  });
  const der = new Uint8Array(certificate.rawData);
  return {
    pem: encodePem('CERTIFICATE', der),
    fingerprint: fingerprintOf(der),
    serial,
    generation: authority.generation,
    notBefore,
    notAfter,
  };
}
