import { constants } from 'node:crypto';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TlsOptions,
} from 'node:tls';
import { limits } from '../../engine/limits.ts';

export interface DeviceTls {
  /** Certificates of the platform CA, the current generation and those whose devices still stand. */
  readonly caPem: readonly string[];
  /** Certificate of this listener, issued by the platform CA, with its chain; and its key. */
  readonly certPem: string;
  readonly keyPem: string;
  /** 48 bytes, the same over restarts: a scanner resumes its TLS session with a ticket made before. */
  readonly ticketKeys: Uint8Array;
  /** Operator's certificates, served only to clients that ask for one of these names. */
  readonly named?: readonly {
    readonly names: readonly string[];
    readonly certPem: string;
    readonly keyPem: string;
  }[];
}

/**
 * A ticket is only good for the same session id context (SSL_CTX_set_session_id_context); Node derives its default
 * from the process arguments, which change.
 */
const SESSION_ID_CONTEXT = 'thenar-device';

function contextOptions(tls: DeviceTls, certPem: string, keyPem: string): SecureContextOptions {
  return {
    ca: [...tls.caPem],
    cert: certPem,
    key: keyPem,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    // A renegotiation (TLS 1.2) could change the client's certificate after it was checked.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
    sessionIdContext: SESSION_ID_CONTEXT,
    ticketKeys: Buffer.from(tls.ticketKeys),
  };
}

/** Options of the listener's default context, which is always of the platform CA (DESIGN: edges that bite). */
export function defaultContext(tls: DeviceTls): SecureContextOptions {
  return contextOptions(tls, tls.certPem, tls.keyPem);
}

/** Contexts by lower-case server name. @throws Error when a certificate or key cannot be read */
export function namedContexts(tls: DeviceTls): ReadonlyMap<string, SecureContext> {
  const contexts = new Map<string, SecureContext>();
  for (const { names, certPem, keyPem } of tls.named ?? []) {
    const context = createSecureContext(contextOptions(tls, certPem, keyPem));
    for (const name of names) contexts.set(name.toLowerCase(), context);
  }
  return contexts;
}

/** Options of the server beyond its context. */
export function serverOptions(named: () => ReadonlyMap<string, SecureContext>): TlsOptions {
  return {
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: limits.handshake_timeout_ms,
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => done(null, contextOf(named(), name.toLowerCase())),
  };
}

/** A wildcard stands for exactly one label (RFC 6125, section 6.4.3). */
function contextOf(named: ReadonlyMap<string, SecureContext>, name: string): SecureContext | undefined {
  return named.get(name) ?? named.get(`*${name.slice(Math.max(name.indexOf('.'), 0))}`);
}
