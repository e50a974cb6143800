/**
 * The bare side, a process of its own as the engine is: `ws` over mutual TLS that answers `session.open` with one JSON
 * frame, and a plain HTTP server beside it that closes the socket of whom `DELETE /v1/devices/{id}` names. Nothing is
 * checked and nothing is kept.
 */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import type { BareSettings } from '../connect/bare-server.ts';
import { servePeer } from '../harness/peer.ts';

export interface BareUrls {
  readonly device: string;
  readonly public: string;
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

servePeer(async ({ ca, cert, key }: BareSettings): Promise<BareUrls> => {
  const byDevice = new Map<string, WebSocket>();
  const device = createHttpsServer({
    ca,
    cert,
    key,
    requestCert: true,
    rejectUnauthorized: true,
    noDelay: true,
  });
  const sockets = new WebSocketServer({ server: device, perMessageDeflate: false });
  sockets.on('connection', (socket, request) => {
    byDevice.set(String((request.socket as TLSSocket).getPeerCertificate().subject.CN), socket);
    socket.on('message', (data) => {
      const { id } = JSON.parse(data.toString());
      const result = { session_id: 'bare', epoch: 'bare', last_seq: 0, heartbeat_s: 20, pending: [] };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  const http = createHttpServer((request, response) => {
    const id = request.url?.split('/').at(-1) ?? '';
    byDevice.get(id)?.close(4401, 'certificate revoked');
    byDevice.delete(id);
    const text = JSON.stringify({ success: true, data: { device_id: id, status: 'revoked' } });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
  return {
    device: `https://127.0.0.1:${await portOf(device)}`,
    public: `http://127.0.0.1:${await portOf(http)}`,
  };
});
