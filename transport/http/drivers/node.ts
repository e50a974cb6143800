/** node:http and node:https under the pipeline. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { limits } from '../../../engine/limits.ts';
import type { Clock } from '../../../engine/ports.ts';
import { remembered } from '../../../engine/remembered.ts';
import type { HttpHandler, HttpReply, HttpRequest } from '../message.ts';
import { discardRest, isAnswered, readNodeBody } from './node_body.ts';
import { Connections } from './node_connections.ts';
import { namesOneHost } from './node_host.ts';
import { listen, takeOver, tellPlainClients } from './node_port.ts';
import { NodeSink } from './node_sink.ts';
import {
  type HttpServer,
  headersTooLarge,
  isBodyless,
  type Listen,
  type ListenOptions,
  plainAddress,
  refusal,
  splitTarget,
  type TlsMaterial,
} from './server.ts';

/** Bounds that node:http keeps by itself; for servers made elsewhere that mount a handler. */
export const nodeServerOptions: ServerOptions = {
  headersTimeout: limits.headers_timeout_ms,
  requestTimeout: limits.request_timeout_ms,
  keepAliveTimeout: limits.keep_alive_timeout_ms,
  maxHeaderSize: limits.header_bytes_max,
  connectionsCheckingInterval: limits.connections_check_interval_ms,
  // Looked at by the mount, so that a request without one is answered like everything else.
  requireHostHeader: false,
};

export interface NodeMount {
  /** For the event `request` of a node server. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** For `checkContinue`: a client that asked first is told to go on only when its body will be taken. */
  readonly continueListener: (request: IncomingMessage, response: ServerResponse) => void;
  /** From now on replies close their connection; resolves when nothing is under way, or after `ms`. */
  drain(ms: number): Promise<void>;
}

/** A handler as a node request listener. */
export function mountNode(handler: HttpHandler, clock: Clock, answerStallMs?: number): NodeMount {
  const connections = new Connections(answerStallMs);
  const sinks = new Set<NodeSink>();
  let draining = false;

  function answer(request: NodeRequest, response: ServerResponse, reply: HttpReply): void {
    // A client that was never told to go on may or may not send its body, so the connection cannot be reused.
    const { message } = request;
    // Nobody is told any more when a connection is gone, so nothing may be begun for it.
    if (response.destroyed || message.socket.destroyed) return;
    write(message, response, reply, draining || !request.told);
    if (reply.stream !== undefined && request.method !== 'HEAD') {
      const sink = new NodeSink(response, message.socket);
      sinks.add(sink);
      sink.onClose(() => sinks.delete(sink));
      reply.stream(sink);
      if (draining) sink.end();
    } else connections.written(message.socket, response, lengthOf(reply.body));
    discardRest(message);
  }

  // One for all responses, which are told apart by `this`.
  function ended(this: ServerResponse): void {
    connections.end(this.req.socket);
  }

  function accept(message: IncomingMessage, response: ServerResponse, asks: boolean): void {
    connections.begin(message.socket);
    response.on('close', ended).on('error', destroy);
    const request = new NodeRequest(message, asks ? response : null);
    const reply = namesOneHost(message) ? handler(request) : refusal(400, 'The request must have one Host.');
    if (reply instanceof Promise) {
      reply.then((late) => answer(request, response, late)).catch(() => response.destroy());
    } else answer(request, response, reply);
  }

  return {
    listener: (request, response) => accept(request, response, false),
    continueListener: (request, response) => accept(request, response, true),
    async drain(ms) {
      draining = true;
      for (const sink of sinks) sink.end();
      await connections.inFlight.settled(clock, ms);
    },
  };
}

function lengthOf(body: HttpReply['body']): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

function destroy(this: ServerResponse): void {
  this.destroy();
}

class NodeRequest implements HttpRequest {
  readonly message: IncomingMessage;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly address: string;
  readonly secure: boolean;
  readonly fingerprint: string | null;
  /** The response of a client that waits to be told to send its body. */
  #asking: ServerResponse | null;

  constructor(message: IncomingMessage, asking: ServerResponse | null) {
    const target = splitTarget(message.url ?? '');
    const peer = peerOf(message.socket);
    this.message = message;
    this.method = message.method ?? 'GET';
    this.path = target?.path ?? '';
    this.query = target?.query ?? '';
    this.address = peer.address;
    this.secure = peer.secure;
    this.fingerprint = peer.fingerprint;
    this.#asking = asking;
  }

  get headers(): Readonly<Record<string, string | undefined>> {
    return this.message.headers as Readonly<Record<string, string | undefined>>;
  }

  get told(): boolean {
    return this.#asking === null;
  }

  body(bytesMax: number): Promise<Uint8Array> {
    const goOn = (): void => {
      this.#asking?.writeContinue();
      this.#asking = null;
    };
    return readNodeBody(this.message, goOn, bytesMax);
  }
}

interface Peer {
  readonly address: string;
  readonly secure: boolean;
  /** Lower-case hex SHA-256 of the client certificate; null when there is none. */
  readonly fingerprint: string | null;
}

/** A connection comes from one address and shows one certificate for life, so they are read once. */
const peerOf = remembered((socket: Socket): Peer => {
  const address = plainAddress(socket.remoteAddress ?? '');
  if (!(socket instanceof TLSSocket)) return { address, secure: false, fingerprint: null };
  const certificate = socket.getPeerX509Certificate();
  const fingerprint = certificate?.fingerprint256.replaceAll(':', '').toLowerCase() ?? null;
  return { address, secure: true, fingerprint };
});

function write(request: IncomingMessage, response: ServerResponse, reply: HttpReply, close: boolean): void {
  // Names and values in turn: an object that was made by copying costs the library more to read than the rest here.
  const headers: string[] = [];
  for (const name in reply.headers) headers.push(name, reply.headers[name] ?? '');
  if (close) headers.push('connection', 'close');
  if (reply.stream !== undefined) {
    response.writeHead(reply.status, headers);
    if (request.method === 'HEAD') response.end();
    else response.flushHeaders();
    return;
  }
  const bodyless = isBodyless(reply.status);
  if (!bodyless) headers.push('content-length', String(lengthOf(reply.body)));
  response.writeHead(reply.status, headers);
  response.end(request.method === 'HEAD' || bodyless ? undefined : reply.body);
}

const refusals: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
};

/** Answers what never becomes a request, on any node server, as everything else is answered. */
export function refuseOthers(server: Server | TlsServer): void {
  server.on('clientError', refuse);
  // A tunnel to somewhere else: its library would close the connection without a word.
  server.on('connect', (_, socket: Socket) => refuseWith(socket, 400, 'There are no tunnels here.'));
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    write(request, response, refusal(417, 'The expectation is not known here.'), true);
  });
}

function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswered(socket)) return void socket.destroy();
  refuseWith(socket, ...(refusals[error.code ?? ''] ?? ([400, 'This is not valid HTTP.'] as const)));
}

function refuseWith(socket: Socket, code: number, message: string): void {
  const { status, headers, body } = refusal(code, message);
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  // Closed at once, what the client still sends would be answered with a reset, which may take the refusal away; but
  // nobody watches this connection any more, so it must not wait for the client to close its half either.
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), limits.refused_linger_ms);
  socket.once('close', () => clearTimeout(cut));
}

function tlsOptions(tls: TlsMaterial) {
  const ticketKeys = tls.ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(tls.ticketKeys) };
  // Tickets are good for one context id only, and Node's own derives from the arguments of the process.
  const sessionIdContext = 'thenar-public';
  return {
    cert: tls.certificatePem,
    key: tls.keyPem,
    minVersion: 'TLSv1.2' as const,
    sessionIdContext,
    ...ticketKeys,
  };
}

function isTls(server: Server | TlsServer): server is TlsServer {
  return 'setSecureContext' in server;
}

/** A server, what answers on it, and, where TLS is spoken, the connections that have not come that far. */
interface Running {
  readonly server: Server | TlsServer;
  readonly mount: NodeMount;
  readonly open: ReadonlySet<Socket>;
}

function make(
  handler: HttpHandler,
  { clock, answerStallMs }: ListenOptions,
  tls: TlsMaterial | undefined,
): Running {
  const mount = mountNode(handler, clock, answerStallMs);
  const server = tls === undefined ? createServer(nodeServerOptions) : createTlsServer(tlsServerOptions(tls));
  const open = isTls(server) ? tellPlainClients(server, tellHttps) : new Set<Socket>();
  server.maxConnections = limits.connections_max;
  server.on('request', mount.listener).on('checkContinue', mount.continueListener);
  refuseOthers(server);
  return { server, mount, open };
}

function tlsServerOptions(tls: TlsMaterial) {
  return { ...nodeServerOptions, ...tlsOptions(tls), handshakeTimeout: limits.handshake_timeout_ms };
}

function tellHttps(socket: Socket): void {
  refuseWith(socket, 400, 'This port speaks HTTPS; use https://.');
}

/** Listens with node:http, or node:https when there is a certificate. */
export const listenNode: Listen = async (handler, options) => {
  const { host, port: wanted } = options;
  let running = make(handler, options, options.tls);
  const port = await listen(running.server, { host, port: wanted });

  async function stop({ server, mount, open }: Running, drainMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await mount.drain(drainMs);
    server.closeAllConnections();
    for (const socket of open) socket.destroy();
    await closed;
  }

  const result: HttpServer = {
    port,
    get secure() {
      return isTls(running.server);
    },
    async setCertificate(material) {
      if (isTls(running.server)) return running.server.setSecureContext(tlsOptions(material));
      // From HTTP to HTTPS there is no common server: the port changes hands, requests under way finish on the old.
      const [old, next] = [running, make(handler, options, material)];
      await takeOver(next.server, old.server);
      running = next;
      stop(old, limits.drain_ms).catch(() => undefined);
    },
    close: (drainMs) => stop(running, drainMs),
  };
  return result;
};
