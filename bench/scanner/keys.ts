import { certificateLibrary, webcrypto, type x509 } from '../../engine/pki/library.ts';

export interface ScannerKey {
  /** PKCS#8; never leaves the scanner. */
  readonly keyPem: string;
  /** PKCS#10 request for it. The platform ignores the subject and binds the certificate to the device itself. */
  readonly csrPem: string;
}

/** Makes a P-256 key and its certificate request, as a scanner does before it pairs and before it renews. */
export async function makeScannerKey(commonName = 'scanner'): Promise<ScannerKey> {
  const x509 = certificateLibrary();
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys: keys as unknown as x509.Pkcs10CertificateRequestCreateParams['keys'],
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const body = pkcs8.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return {
    keyPem: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
    csrPem: request.toString('pem'),
  };
}
