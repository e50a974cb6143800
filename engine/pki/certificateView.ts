import { type ErrorCode, ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { CertificateRecord } from '../records.ts';

/** What one connection needs to know of a device certificate. */
export type KnownCertificate = Pick<
  CertificateRecord,
  | 'fingerprint'
  | 'tenantId'
  | 'deviceId'
  | 'generation'
  | 'notBefore'
  | 'notAfter'
  | 'deniedAt'
  | 'denyReason'
>;

export type CertificateCheck =
  | { readonly ok: true; readonly certificate: KnownCertificate }
  | {
      readonly ok: false;
      readonly code: Extract<ErrorCode, 'device_certificate_invalid' | 'device_certificate_revoked'>;
      /** For the log and the close reason; names no other device. */
      readonly reason: 'unknown' | 'denied' | 'generation' | 'not_yet_valid' | 'expired';
      /** Whose certificate it is, when it is one of ours: a session of it must be found to be closed. */
      readonly certificate: KnownCertificate | null;
    };

/**
 * Every unexpired device certificate of this node in memory. It decides each connection, full or resumed, because
 * OpenSSL's own CRL check would lock every device out once a list expires, and resumed sessions skip it.
 */
export class CertificateView {
  readonly #known = new Map<string, KnownCertificate>();
  readonly #ofDevice = new Map<string, Set<string>>();
  readonly #max: number;
  #revision = 0;
  #sweeping: IterableIterator<KnownCertificate> | null = null;

  constructor(max: number = limits.certificates_in_memory_max) {
    this.#max = max;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Grows with every denial: what was published about certificates before is out of date then. */
  get revision(): number {
    return this.#revision;
  }

  /** A denial that was known here already is in the database now, where publications read it. */
  denialsCommitted(): void {
    this.#revision += 1;
  }

  /**
   * Takes up a certificate, or what changed of one.
   * @throws ThenarError `limit_reached` when the node knows too many; forgetting one instead would lock its device out.
   */
  set(certificate: KnownCertificate): void {
    const { fingerprint, deviceId } = certificate;
    if (!this.#known.has(fingerprint) && this.#known.size >= this.#max) {
      throw new ThenarError('limit_reached', `This node knows ${this.#max} device certificates already.`);
    }
    this.#known.set(fingerprint, certificate);
    const siblings = this.#ofDevice.get(deviceId);
    if (siblings === undefined) this.#ofDevice.set(deviceId, new Set([fingerprint]));
    else siblings.add(fingerprint);
  }

  get(fingerprint: string): KnownCertificate | null {
    return this.#known.get(fingerprint) ?? null;
  }

  /** All known certificates of one device. */
  ofDevice(deviceId: string): KnownCertificate[] {
    return [...(this.#ofDevice.get(deviceId) ?? [])].map((fingerprint) => this.#known.get(fingerprint)!);
  }

  /**
   * From `at` on the certificate is refused; an earlier denial stands, and `revoked` is never softened to
   * `superseded`. Unknown fingerprints are refused anyway.
   */
  deny(fingerprint: string, at: number, reason: 'revoked' | 'superseded'): void {
    const certificate = this.#known.get(fingerprint);
    if (certificate === undefined) return;
    const deniedAt = Math.min(at, certificate.deniedAt ?? at);
    const denyReason = certificate.denyReason === 'revoked' ? 'revoked' : reason;
    if (deniedAt === certificate.deniedAt && denyReason === certificate.denyReason) return;
    this.#revision += 1;
    this.#known.set(fingerprint, { ...certificate, deniedAt, denyReason });
  }

  /** Forgets a certificate, for one whose device is erased. */
  delete(fingerprint: string): void {
    const certificate = this.#known.get(fingerprint);
    if (certificate === undefined) return;
    this.#known.delete(fingerprint);
    const siblings = this.#ofDevice.get(certificate.deviceId);
    siblings?.delete(fingerprint);
    if (siblings?.size === 0) this.#ofDevice.delete(certificate.deviceId);
  }

  /**
   * May this certificate connect now? Constant time; called on every connection and every device request.
   * @param now epoch milliseconds
   * @param generations CA generations that are not retired
   */
  check(fingerprint: string, now: number, generations: ReadonlySet<number>): CertificateCheck {
    const certificate = this.#known.get(fingerprint);
    if (certificate === undefined) return refuse('unknown', null);
    // Revocation speaks first: a revoked device must hear 4401 even when its certificate has also run out.
    if (certificate.deniedAt !== null && certificate.deniedAt <= now) return refuse('denied', certificate);
    if (!generations.has(certificate.generation)) return refuse('generation', certificate);
    if (now < certificate.notBefore) return refuse('not_yet_valid', certificate);
    if (now > certificate.notAfter) return refuse('expired', certificate);
    return { ok: true, certificate };
  }

  /** Drops expired certificates, a bounded number looked at; call it regularly. Returns how many were dropped. */
  sweep(now: number): number {
    let dropped = 0;
    // A map's iterator stays valid while entries come and go, so the next sweep goes on where this one ends.
    this.#sweeping ??= this.#known.values();
    for (let looked = 0; looked < limits.certificate_sweep_max; looked++) {
      const next = this.#sweeping.next();
      if (next.done === true) {
        this.#sweeping = null;
        break;
      }
      if (next.value.notAfter < now) {
        this.delete(next.value.fingerprint);
        dropped++;
      }
    }
    return dropped;
  }
}

function refuse(
  reason: 'unknown' | 'denied' | 'generation' | 'not_yet_valid' | 'expired',
  certificate: KnownCertificate | null,
): CertificateCheck {
  const code = reason === 'denied' ? 'device_certificate_revoked' : 'device_certificate_invalid';
  return { ok: false, code, reason, certificate };
}
