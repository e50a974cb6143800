/**
 * The bare side, a process of its own as the engine is: `ws` over mutual TLS with the engine's own settings of the
 * protocol, and one JSON frame back for `session.open`. No validation, no limits, no sessions, no log.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { servePeer } from '../harness/peer.ts';

export interface BareSettings {
  /** The CA whose device certificates are taken. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

servePeer(async ({ ca, cert, key }: BareSettings): Promise<number> => {
  const server = createServer({
    ca,
    cert,
    key,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    sessionIdContext: 'bare',
    ticketKeys: randomBytes(48),
    ALPNProtocols: ['http/1.1'],
    noDelay: true,
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  const epoch = randomUUID();
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { id } = JSON.parse(data.toString());
      const result = { session_id: randomUUID(), epoch, last_seq: 0, heartbeat_s: 20, pending: [] };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
});
