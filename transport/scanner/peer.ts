import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { EngineApi } from '../../actors/api.ts';

/** Who is at the other end of a connection on the device listener, as its certificate says. */
export interface Peer {
  readonly tenantId: string;
  readonly deviceId: string;
  /** Lower-case hex SHA-256 of the DER certificate. */
  readonly fingerprint: string;
  readonly address: string;
}

/** Extended key usage `clientAuth` (RFC 5280 §4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

const fingerprints = new WeakMap<object, string>();

/** The fingerprint of the certificate behind a socket that `admit` let through, or null. */
export function fingerprintOf(socket: object): string | null {
  return fingerprints.get(socket) ?? null;
}

export type Admission =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly fingerprint: string | null };

/**
 * Decides about a connection right after its TLS handshake, full or resumed. A resumed session was checked by
 * OpenSSL when it began, perhaps weeks and a revocation ago, so memory decides here for every connection (DESIGN:
 * edges that bite). A suspended tenant or device passes: it is told so by a status or a close code.
 */
export function admit(socket: TLSSocket, auth: EngineApi['auth']): Admission {
  const certificate = socket.getPeerX509Certificate();
  if (!socket.authorized || certificate === undefined) {
    return { ok: false, reason: 'no_valid_certificate', fingerprint: null };
  }
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  if (!isForClients(certificate)) return { ok: false, reason: 'not_a_client_certificate', fingerprint };
  const standing = auth.authenticateDevice(fingerprint);
  if (!standing.ok && standing.code !== 'tenant_suspended' && standing.code !== 'device_suspended') {
    return { ok: false, reason: standing.code, fingerprint };
  }
  fingerprints.set(socket, fingerprint);
  return { ok: true };
}

/** OpenSSL takes a certificate without extended key usage for any purpose, and a CA for a leaf; we do not. */
function isForClients(certificate: X509Certificate): boolean {
  // Node's `keyUsage` holds the extended key usage.
  const usages: readonly string[] | undefined = certificate.keyUsage;
  return !certificate.ca && usages?.includes(CLIENT_AUTH) === true;
}
