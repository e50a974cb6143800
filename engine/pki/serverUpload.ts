/** Server certificates that operators upload for the public listener. */
import { createSecureContext } from 'node:tls';
import { type CertificateFacts, certificateFacts, parseCertificate } from './facts.ts';
import { certificateLibrary } from './library.ts';
import { encodePem } from './pem.ts';
import { refusedPart } from './refused.ts';
import { readUpload, type UploadedParts } from './uploaded.ts';

export interface ServerUpload {
  readonly facts: CertificateFacts;
  /** Leaf first, then its chain. */
  readonly certificatePem: string;
  /** PKCS#8 DER; seal it before it is written anywhere. */
  readonly privateKeyPkcs8: Uint8Array;
}

/**
 * @param now epoch milliseconds
 * @throws ThenarError `certificate_invalid` with `details: {part, reason}`
 */
export function readServerUpload(parts: UploadedParts, now: number): ServerUpload {
  const { leaf, certificatePem, privateKeyPkcs8, part } = readUpload(parts, now);
  const der = new Uint8Array(leaf.raw);
  const facts = certificateFacts(der);
  if (facts.names.length === 0) {
    throw refusedPart(
      part,
      'no_names',
      'The certificate names no host: no alternative name and no common name.',
    );
  }
  const { ExtendedKeyUsageExtension } = certificateLibrary();
  const purposes = parseCertificate(der).getExtension(ExtendedKeyUsageExtension)?.usages;
  if (purposes !== undefined && !purposes.some((purpose) => SERVER_PURPOSES.includes(String(purpose)))) {
    throw refusedPart(
      part,
      'purpose',
      'The certificate is not for servers: its extended key usage lacks serverAuth.',
    );
  }
  try {
    // Whatever else the TLS library minds, it shall say here and not when a listener takes it up.
    createSecureContext({ cert: certificatePem, key: serverKeyPem(privateKeyPkcs8) });
  } catch (cause) {
    throw refusedPart(part, 'unusable', `TLS cannot use it: ${(cause as Error).message}.`, cause);
  }
  return { facts, certificatePem, privateKeyPkcs8 };
}

/** `serverAuth` and `anyExtendedKeyUsage` (RFC 5280, section 4.2.1.12). */
const SERVER_PURPOSES: readonly string[] = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

/** The key as TLS libraries read it. */
export function serverKeyPem(privateKeyPkcs8: Uint8Array): string {
  return encodePem('PRIVATE KEY', privateKeyPkcs8);
}
