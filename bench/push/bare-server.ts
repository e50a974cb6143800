/**
 * The bare servers, each in a process of its own as the engine is: `echo` answers every frame over mutual TLS, `http`
 * checks an RS256 bearer token and answers a small JSON. No validation, no limits, no log.
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { importJWK, jwtVerify } from 'jose';
import { WebSocketServer } from 'ws';
import { servePeer } from '../harness/peer.ts';

export type BareSettings =
  | { readonly kind: 'echo'; readonly ca: string; readonly cert: string; readonly key: string }
  | {
      readonly kind: 'http';
      readonly publicKey: object;
      readonly issuer: string;
      readonly audience: string;
    };

/** About as long as the answer to a scan. */
const scanAnswer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: 'x'.repeat(240) });

async function start(settings: BareSettings): Promise<Server> {
  if (settings.kind === 'http') return bareHttp(settings);
  const { ca, cert, key } = settings;
  const server = createHttpsServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    // A text goes back as it came; a binary frame is a scan, whose answer is short.
    socket.on('message', (data, binary) =>
      socket.send(binary ? scanAnswer : (data as Buffer), { binary: false }),
    );
  });
  return server;
}

async function bareHttp(settings: Extract<BareSettings, { kind: 'http' }>): Promise<Server> {
  const { issuer, audience } = settings;
  const key = await importJWK(settings.publicKey, 'RS256');
  const verified = new Set<string>();
  /** What waits for each polling device, by the path that it asks. */
  const waiting = new Map<string, object[]>();

  async function authenticate(request: IncomingMessage): Promise<void> {
    const token = String(request.headers.authorization).slice('Bearer '.length);
    // `/verified` has a token's signature checked every time; any other path once, as the engine does.
    if (request.url === '/verified' || !verified.has(token)) {
      await jwtVerify(token, key, { issuer, audience });
      verified.add(token);
    }
  }

  function reply(response: ServerResponse, status: number, data: object): void {
    const text = JSON.stringify({ success: true, data });
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    await authenticate(request);
    const path = request.url ?? '';
    if (request.method === 'GET') {
      reply(response, 200, { challenges: waiting.get(path) ?? [] });
      waiting.delete(path);
      return;
    }
    const challenge = { ...JSON.parse(Buffer.concat(chunks).toString()), status: 'pending' };
    if (path.startsWith('/pending/')) waiting.set(path, [...(waiting.get(path) ?? []), challenge]);
    reply(response, 201, challenge);
  }
  return createHttpServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
}

servePeer(async (settings: BareSettings): Promise<number> => {
  const server = await start(settings);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
});
