/**
 * The bare servers of the `push` bench, each in a process of its own as the engine is: `echo` sends every frame back
 * over mutual TLS, `http` checks an RS256 bearer token and answers a small JSON. No validation, no limits, no log.
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { importJWK, jwtVerify } from 'jose';
import { WebSocketServer } from 'ws';

export type BareSettings =
  | { readonly kind: 'echo'; readonly ca: string; readonly cert: string; readonly key: string }
  | {
      readonly kind: 'http';
      readonly publicKey: object;
      readonly issuer: string;
      readonly audience: string;
    };

async function start(settings: BareSettings): Promise<Server> {
  if (settings.kind === 'http') return bareHttp(settings);
  const { ca, cert, key } = settings;
  const server = createHttpsServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data as Buffer, { binary }));
  });
  return server;
}

async function bareHttp(settings: Extract<BareSettings, { kind: 'http' }>): Promise<Server> {
  const { issuer, audience } = settings;
  const key = await importJWK(settings.publicKey, 'RS256');
  const verified = new Set<string>();
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const token = String(request.headers.authorization).slice('Bearer '.length);
    // `/remembered` checks a token's signature once, as the engine does; any other path every time.
    if (request.url !== '/remembered' || !verified.has(token)) {
      await jwtVerify(token, key, { issuer, audience });
      verified.add(token);
    }
    const text = JSON.stringify({ success: true, data: { ...body, status: 'pending' } });
    response.writeHead(201, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  }
  return createHttpServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
}

process.once('message', (settings: BareSettings) => {
  void start(settings).then((server) => {
    server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  });
});
process.once('disconnect', () => process.exit(0));
