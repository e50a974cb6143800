/** TLS material as this node uses it, and how its listeners hear of a change. */
import type { CertificateFacts } from '../../engine/pki/facts.ts';
import type { Authorities } from './authorities.ts';

export interface ServerCertificate {
  readonly facts: CertificateFacts;
  /** Leaf first, then its chain. */
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly uploadedAt: number;
  readonly version: number;
}

/** What the listeners do about new material; the composition root attaches them when they are open. */
export interface TlsListeners {
  /** True while the public listener speaks HTTPS. */
  readonly secure: boolean;
  /** Resolves once new connections get it. */
  useServerCertificate(certificate: ServerCertificate): Promise<void>;
  /** The CAs that the device listener trusts have changed. */
  useAuthorities(): Promise<void>;
}

export interface TlsState {
  readonly authorities: Authorities;
  /** As stored: after its removal the listener goes on with it until the next start. */
  serverCertificate: ServerCertificate | null;
  /** Null while the node starts; nobody can ask for a change then. */
  listeners: TlsListeners | null;
  /** `Clock.monotonic()` since when the device listener shows the certificate it shows. */
  shownSince: number;
  /** Changes happen one after the other, see `in_turn.ts`. */
  readonly inTurn: <T>(change: () => Promise<T>) => Promise<T>;
}
