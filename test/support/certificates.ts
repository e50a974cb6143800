import { makeScannerKey } from '../../bench/scanner/keys.ts';
import { type Authority, createAuthority, DAY_MS, loadAuthority } from '../../engine/pki/authority.ts';
import { issueDeviceCertificate, issueServerCertificate } from '../../engine/pki/certificate.ts';
import { readCsr } from '../../engine/pki/csr.ts';
import { certificateLibrary } from '../../engine/pki/library.ts';
import { encodePem, fingerprintOf } from '../../engine/pki/pem.ts';
import { systemRandom } from '../../engine/system.ts';

const x509 = certificateLibrary();

/** A certificate with its key, as a TLS client presents it. */
export interface Identity {
  readonly certPem: string;
  readonly keyPem: string;
  readonly fingerprint: string;
}

const random = systemRandom;

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
  async device(options: { tenantId: string; deviceId: string; fromDays?: number }): Promise<Identity> {
    const { tenantId, deviceId, fromDays = -1 } = options;
    const { keyPem, csrPem } = await makeScannerKey();
    const issued = await issueDeviceCertificate(this.authority, {
      tenantId,
      deviceId,
      publicKey: readCsr(csrPem).publicKey,
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
  async anyPurpose(): Promise<Identity> {
    const { keyPem, csrPem } = await makeScannerKey();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: '4000000000000000000000000000000a',
      subject: 'CN=any purpose',
      issuer: this.authority.certificate.subjectName,
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + DAY_MS),
      publicKey: new x509.PublicKey(Uint8Array.from(readCsr(csrPem).publicKey).buffer),
      signingKey: this.authority.signingKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [new x509.BasicConstraintsExtension(false, undefined, true)],
    });
    const der = new Uint8Array(certificate.rawData);
    return { certPem: encodePem('CERTIFICATE', der), keyPem, fingerprint: fingerprintOf(der) };
  }
}
