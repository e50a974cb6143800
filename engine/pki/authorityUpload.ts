/** CAs that organisations bring along instead of having the platform make its own. */
import { X509Certificate } from 'node:crypto';
import type { Random } from '../ports.ts';
import { type Authority, loadAuthority, type NewAuthority } from './authority.ts';
import { issueServerCertificate } from './certificate.ts';
import { parseCertificate } from './facts.ts';
import { certificateLibrary } from './library.ts';
import { refusedPart } from './refused.ts';
import { readUpload, type UploadedIdentity, type UploadedParts } from './uploaded.ts';

/**
 * Checks that the platform can issue with it what TLS then accepts. A CA that is no root comes with its chain up to
 * the root, because scanners are given the whole of it to trust.
 * @param now epoch milliseconds
 * @throws ThenarError `certificate_invalid` with `details: {part, reason}`
 */
export async function readAuthorityUpload(
  parts: UploadedParts,
  options: { readonly generation: number; readonly now: number; readonly random: Random },
): Promise<{ readonly stored: NewAuthority; readonly authority: Authority }> {
  const { generation, now, random } = options;
  const upload = readUpload(parts, now);
  assertMayIssue(upload);
  const root = new X509Certificate(upload.chain.at(-1)!);
  if (!root.checkIssued(root) || !root.verify(root.publicKey)) {
    const part = upload.part === 'pkcs12' ? 'pkcs12' : 'chain';
    throw refusedPart(
      part,
      'incomplete',
      'The chain must end in a self-signed root, which scanners can trust.',
    );
  }
  const stored = {
    generation,
    certificatePem: upload.certificatePem,
    privateKeyPkcs8: upload.privateKeyPkcs8,
  };
  try {
    const authority = await loadAuthority(stored);
    const trial = await issueServerCertificate(authority, { names: ['localhost'], now, random });
    const issued = new X509Certificate(trial.pem);
    if (issued.checkIssued(upload.leaf) && issued.verify(upload.leaf.publicKey)) return { stored, authority };
  } catch (cause) {
    throw refusedPart(upload.part, 'unusable', 'The platform cannot issue certificates with this CA.', cause);
  }
  throw refusedPart(
    upload.part,
    'unusable',
    'What the platform issues with this CA does not lead back to it.',
  );
}

/** `clientAuth`, `serverAuth` (RFC 5280, section 4.2.1.12): a CA limited to others cannot issue for us. */
const PURPOSES = ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'];
const ANY_PURPOSE = '2.5.29.37.0';
const NAME_CONSTRAINTS = '2.5.29.30';

function assertMayIssue({ leaf, part }: UploadedIdentity): void {
  const x509 = certificateLibrary();
  const certificate = parseCertificate(new Uint8Array(leaf.raw));
  if (certificate.getExtension(x509.BasicConstraintsExtension)?.ca !== true) {
    throw refusedPart(part, 'not_a_ca', 'The certificate is no CA: its basic constraints do not say so.');
  }
  const usages = certificate.getExtension(x509.KeyUsagesExtension)?.usages;
  if (usages !== undefined && (usages & x509.KeyUsageFlags.keyCertSign) === 0) {
    throw refusedPart(
      part,
      'key_usage',
      'The CA may not sign certificates: its key usage lacks keyCertSign.',
    );
  }
  if (leaf.publicKey.asymmetricKeyType === 'ed25519') {
    throw refusedPart(part, 'weak_key', 'The platform issues with RSA, P-256 and P-384 only.');
  }
  const purposes = certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages.map(String);
  if (
    purposes !== undefined &&
    !purposes.includes(ANY_PURPOSE) &&
    !PURPOSES.every((p) => purposes.includes(p))
  ) {
    throw refusedPart(part, 'purpose', 'The CA is limited to purposes other than clientAuth and serverAuth.');
  }
  if (certificate.getExtension(NAME_CONSTRAINTS) !== null) {
    throw refusedPart(part, 'name_constraints', 'A CA with name constraints cannot issue for scanners.');
  }
}
