import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import type { Credentials } from './pair.ts';

/** After a restart thousands come back at once and are let in one after the other; who gives up begins again. */
const HANDSHAKE_PATIENCE_MS = 60_000;

/** Remembers the TLS session of a scanner, so that a reconnect costs no signature on either side. */
export class TlsMemory {
  session: Buffer | null = null;
  /** Of the last connection: whether the engine took the remembered session. */
  resumed = false;
}

/** Opens the scanner's WebSocket over mutual TLS; the socket is still connecting when this returns. */
export function openSocket(deviceUrl: string, credentials: Credentials, memory: TlsMemory): WebSocket {
  const url = new URL('/v1/scanner', deviceUrl);
  url.protocol = 'wss:';
  return new WebSocket(url, 'thenar.scanner.v1', {
    cert: credentials.certificatePem,
    key: credentials.keyPem,
    ca: credentials.caChainPem,
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_PATIENCE_MS,
    createConnection: ((options: object) => tlsWithMemory(options, memory)) as never,
  });
}

function tlsWithMemory(options: object, memory: TlsMemory): Socket {
  const { host = '', ...rest } = options as { readonly host?: string };
  // A server name is for names only (RFC 6066 §3); the path of the URL is not the path of a Unix socket.
  const servername = /^[\d.]+$|:/.test(host) ? '' : host;
  const session = memory.session === null ? {} : { session: memory.session };
  const socket: TLSSocket = connectTls({ ...rest, host, servername, path: undefined as never, ...session });
  socket.once('secureConnect', () => {
    memory.resumed = socket.isSessionReused();
  });
  // TLS 1.3 sends tickets after the handshake, and may send several; the last one is the freshest.
  socket.on('session', (ticket) => {
    memory.session = ticket;
  });
  return socket;
}
