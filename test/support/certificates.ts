import { generateKeyPairSync } from 'node:crypto';
import { makeScannerKey } from '../../bench/scanner/keys.ts';
import { type Authority, createAuthority, DAY_MS, loadAuthority } from '../../engine/pki/authority.ts';
import { issueDeviceCertificate, issueServerCertificate } from '../../engine/pki/certificate.ts';
import { readCsr } from '../../engine/pki/csr.ts';
import { certificateLibrary, webcrypto, type x509 as X509 } from '../../engine/pki/library.ts';
import { decodePem, encodePem, fingerprintOf } from '../../engine/pki/pem.ts';
import { systemRandom } from '../../engine/system.ts';

const x509 = certificateLibrary();

/** A certificate with its key, as a TLS client presents it. */
export interface Identity {
  readonly certPem: string;
  readonly keyPem: string;
  readonly fingerprint: string;
}

const random = systemRandom;

/** One RSA key for all who need one: to make it takes as long as a hundred handshakes. */
let rsa: { readonly keyPem: string; readonly publicKey: Uint8Array } | null = null;

async function keyOf(
  kind: 'ec' | 'rsa',
): Promise<{ readonly keyPem: string; readonly publicKey: Uint8Array }> {
  if (kind === 'ec') {
    const { keyPem, csrPem } = await makeScannerKey();
    return { keyPem, publicKey: readCsr(csrPem).publicKey };
  }
  if (rsa === null) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3_072 });
    rsa = {
      keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    };
  }
  return rsa;
}

/** What a certificate says that nobody should be taken in by; everything else is as it should be. */
export interface Forgery {
  readonly serialNumber?: string;
  readonly hash?: 'SHA-1' | 'SHA-256';
  /** Default: for TLS clients. */
  readonly extensions?: readonly X509.Extension[];
  /** Who signs: by default the CA. */
  readonly issuer?: Identity;
}

/** A platform CA that has existed for a year, so that what it issued can have expired. TLS lives in the present. */
export class TestAuthority {
  readonly authority: Authority;
  readonly caKeyPem: string;

  private constructor(authority: Authority, caKeyPem: string) {
    this.authority = authority;
    this.caKeyPem = caKeyPem;
  }

  static async make(generation = 1): Promise<TestAuthority> {
    const now = Date.now() - 365 * DAY_MS;
    const stored = await createAuthority({ now, random, generation, deployment: 'test' });
    const caKeyPem = encodePem('PRIVATE KEY', stored.privateKeyPkcs8);
    return new TestAuthority(await loadAuthority(stored), caKeyPem);
  }

  get caPem(): string {
    return this.authority.certificatePem;
  }

  /** @param fromDays when its life of 90 days starts, in days from now; negative is past */
  async device(options: {
    tenantId: string;
    deviceId: string;
    fromDays?: number;
    key?: 'ec' | 'rsa';
  }): Promise<Identity> {
    const { tenantId, deviceId, fromDays = -1, key = 'ec' } = options;
    const { keyPem, publicKey } = await keyOf(key);
    const issued = await issueDeviceCertificate(this.authority, {
      tenantId,
      deviceId,
      publicKey,
      now: Date.now() + fromDays * DAY_MS,
      validityDays: 90,
      random,
    });
    return { certPem: issued.pem, keyPem, fingerprint: issued.fingerprint };
  }

  async server(...names: readonly string[]): Promise<Identity> {
    const issued = await issueServerCertificate(this.authority, { names, now: Date.now(), random });
    return { certPem: issued.pem, keyPem: issued.privateKeyPem, fingerprint: issued.fingerprint };
  }

  /** The CA's own certificate and key, presented as if they were a device's. */
  ca(): Identity {
    const { certificatePem, fingerprint } = this.authority;
    return { certPem: certificatePem, keyPem: this.caKeyPem, fingerprint };
  }

  /** A leaf without any extended key usage, which OpenSSL takes for every purpose. */
  anyPurpose(): Promise<Identity> {
    return this.forged({ extensions: [] });
  }

  /** A certificate for clients that the platform never issued though its CA, or another identity, signed it. */
  async forged(forgery: Forgery = {}): Promise<Identity> {
    const { serialNumber = '4000000000000000000000000000000a', hash = 'SHA-256', issuer } = forgery;
    const { extensions = [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])] } = forgery;
    const { keyPem, publicKey } = await keyOf('ec');
    const signer = issuer === undefined ? null : await signerOf(issuer);
    const isCa = extensions.some((extension) => extension instanceof x509.BasicConstraintsExtension);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber,
      subject: 'CN=forged',
      issuer: signer?.name ?? this.authority.certificate.subjectName,
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + DAY_MS),
      publicKey: new x509.PublicKey(Uint8Array.from(publicKey).buffer),
      signingKey: signer?.key ?? this.authority.signingKey,
      signingAlgorithm: { name: 'ECDSA', hash },
      extensions: [
        ...(isCa ? [] : [new x509.BasicConstraintsExtension(false, undefined, true)]),
        ...extensions,
      ],
    });
    const der = new Uint8Array(certificate.rawData);
    // Whom it was signed by follows, as a client would show a chain.
    const certPem = encodePem('CERTIFICATE', der) + (issuer?.certPem ?? '');
    return { certPem, keyPem, fingerprint: fingerprintOf(der) };
  }
}

async function signerOf({ certPem, keyPem }: Identity) {
  const [der] = decodePem(keyPem, 'PRIVATE KEY') ?? [];
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const key = await webcrypto.subtle.importKey('pkcs8', der!, algorithm, false, ['sign']);
  return { key, name: new x509.X509Certificate(certPem).subjectName };
}
