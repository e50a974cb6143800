/** uWebSockets.js under the pipeline, for the public listener: it shows no client certificates. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '../../../engine/limits.ts';
import type { HttpHandler, HttpReply } from '../message.ts';
import {
  type HttpServer,
  headersTooLarge,
  InFlight,
  isBodyless,
  type Listen,
  type ListenOptions,
  refusal,
  type TlsMaterial,
} from './server.ts';
import type { Uws, UwsApp, UwsResponse } from './uws_library.ts';
import { Incoming } from './uws_request.ts';

/** One app: it cannot swap its certificate, so a change opens another on the same port and drains this one. */
interface Running {
  readonly app: UwsApp;
  readonly socket: unknown;
  readonly inFlight: InFlight;
  readonly streams: Set<() => void>;
  draining: boolean;
}

/** Listens with a copy of uWebSockets.js. */
export function listenUws(uws: Uws): Listen {
  return async (handler, options) => {
    const port = await freePort(options);
    let secure = options.tls !== undefined;
    let running = await open(uws, handler, options.host, port, options.tls);

    async function stop(old: Running, drainMs: number): Promise<void> {
      // Closing a listen socket twice is a use after free in the library.
      if (old.draining) return;
      old.draining = true;
      uws.us_listen_socket_close(old.socket);
      for (const end of old.streams) end();
      await old.inFlight.settled(options.clock, drainMs);
      old.app.close();
    }

    const server: HttpServer = {
      port,
      get secure() {
        return secure;
      },
      async setCertificate(tls) {
        const old = running;
        running = await open(uws, handler, options.host, port, tls);
        secure = true;
        stop(old, limits.drain_ms).catch(() => undefined);
      },
      close: (drainMs) => stop(running, drainMs),
    };
    return server;
  };
}

function open(
  uws: Uws,
  handler: HttpHandler,
  host: string,
  port: number,
  tls: TlsMaterial | undefined,
): Promise<Running> {
  const app = tls === undefined ? uws.App() : withFiles(tls, (files) => uws.SSLApp(files));
  const inFlight = new InFlight();
  const streams = new Set<() => void>();
  const partial = { app, inFlight, streams, draining: false };
  app.any('/*', (response, request) => {
    const incoming = new Incoming(response, request, tls !== undefined);
    const encoding = incoming.headers['transfer-encoding'];
    // The library takes any coding for chunks; another reader in front may not (RFC 9112, section 6.3). Without an
    // answer, because after one it would go on with what follows in the same packet.
    if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') return void response.close();
    // Of two lengths it takes one; together they are no number.
    if (!/^\d*$/.test(incoming.headers['content-length'] ?? '')) return void response.close();
    // The library's own bound is a variable of the environment, so ours is held here.
    const reply =
      incoming.headerBytes > limits.header_bytes_max ? refusal(...headersTooLarge) : handler(incoming);
    // Most answers are there at once: nothing can have become of their connection, and nobody needs to be told.
    if (!(reply instanceof Promise) && reply.stream === undefined && incoming.complete) {
      return send(response, incoming, reply, partial);
    }
    begin(incoming, partial);
    Promise.resolve(reply)
      .then((late) => sendLater(response, incoming, late, partial))
      .catch(() => {
        if (!incoming.aborted) response.close();
      });
  });
  return new Promise((resolve, reject) => {
    app.listen(host, port, (socket) => {
      if (socket) resolve(Object.assign(partial, { socket }));
      else reject(new Error(`listen EADDRINUSE: cannot listen on ${host}:${port}`));
    });
  });
}

/** The library reads key and certificate from files only, once: they exist for that moment. */
function withFiles<T>(
  tls: TlsMaterial,
  use: (files: { readonly key_file_name: string; readonly cert_file_name: string }) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'thenar-tls-'));
  const files = { key_file_name: join(folder, 'key.pem'), cert_file_name: join(folder, 'certificate.pem') };
  try {
    writeFileSync(files.key_file_name, tls.keyPem, { mode: 0o600 });
    writeFileSync(files.cert_file_name, tls.certificatePem, { mode: 0o600 });
    return use(files);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The port to ask for. The library shares a port with whoever else does, which would let a second engine take half of
 * the requests, so a port in use must fail here; and it never shares a port it chose itself, so we choose.
 */
function freePort({ host, port }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ host, port, exclusive: true }, () => {
      const found = (probe.address() as AddressInfo).port;
      probe.close(() => resolve(found));
    });
  });
}

type Live = Omit<Running, 'socket'>;

/** As the library writes them. */
const statusLines = new Map<number, string>(
  Object.entries(STATUS_CODES).map(([status, text]) => [Number(status), `${status} ${text}`]),
);

/** From now on the connection is watched, and a drain waits for the answer. */
function begin(incoming: Incoming, { inFlight }: Live): void {
  inFlight.begin();
  incoming.awaitAbort(() => inFlight.end());
}

/**
 * Writes a whole reply. Inside a request's own turn, or corked, it leaves in one packet. What its reader does not take
 * stays with us and the response unfinished: the library cuts off a connection on which the next request comes
 * meanwhile, and one that takes nothing for ten seconds, so that one answer is all that can wait for a reader.
 * @param over called once nothing is left to write; a response that was never told of as begun begins when it waits
 */
function send(
  response: UwsResponse,
  incoming: Incoming,
  reply: HttpReply,
  live: Live,
  over?: () => void,
): void {
  const { status, body } = reply;
  writeHead(response, reply);
  const bodyless = isBodyless(status);
  const head = incoming.method === 'HEAD' && !bodyless;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  // With a length, the library would go on waiting for that many bytes and refuse the connection's next request.
  if (head && !incoming.unended) response.writeHeader('content-length', `${length}`);
  if (incoming.unended) response.end(head || bodyless ? '' : body, true);
  else if (head || bodyless) response.endWithoutBody();
  else if (live.draining) response.end(body, true);
  else if (!response.tryEnd(body, length)[1]) {
    if (over === undefined) begin(incoming, live);
    return sendRest(response, Buffer.from(body as Uint8Array), over ?? (() => live.inFlight.end()));
  }
  over?.();
}

function sendRest(response: UwsResponse, bytes: Buffer, over: () => void): void {
  response.onWritable((offset) => {
    const [taken, ended] = response.tryEnd(bytes.subarray(offset), bytes.length);
    if (ended) over();
    return taken;
  });
}

function writeHead(response: UwsResponse, { status, headers }: HttpReply): void {
  if (status !== 200) response.writeStatus(statusLines.get(status) ?? String(status));
  for (const name in headers) response.writeHeader(name, headers[name] ?? '');
}

/** After an abort the response object must not be touched, so every use asks first. */
function sendLater(response: UwsResponse, incoming: Incoming, reply: HttpReply, live: Live): void {
  if (incoming.aborted) return;
  if (reply.stream === undefined || incoming.method === 'HEAD') {
    response.cork(() => {
      const over = (): void => live.inFlight.end();
      if (reply.stream === undefined) return send(response, incoming, reply, live, over);
      writeHead(response, reply);
      response.endWithoutBody();
      over();
    });
    return;
  }
  response.cork(() => {
    writeHead(response, reply);
    response.write('');
  });
  stream(response, incoming, reply.stream, live);
}

function stream(
  response: UwsResponse,
  incoming: Incoming,
  start: NonNullable<HttpReply['stream']>,
  live: Live,
): void {
  let open = true;
  let drainedTo = 0;
  const closers: (() => void)[] = [];
  const finish = () => {
    open = false;
    live.streams.delete(end);
    for (const closed of closers.splice(0)) closed();
  };
  const end = () => {
    if (!open) return;
    response.cork(() => response.end(undefined, live.draining));
    live.inFlight.end();
    finish();
  };
  incoming.onAborted(finish);
  live.streams.add(end);
  response.onWritable((offset) => {
    drainedTo = offset;
    return true;
  });
  start({
    write(chunk) {
      if (!open) return false;
      let flowing = false;
      response.cork(() => {
        flowing = response.write(chunk);
      });
      const offset = response.getWriteOffset();
      if (flowing) drainedTo = offset;
      else if (offset - drainedTo > limits.socket_buffer_bytes_max) response.close();
      return open;
    },
    waiting: () => (open ? response.getWriteOffset() - drainedTo : 0),
    end,
    cut: () => {
      if (open) response.close();
    },
    onClose: (closed) => void closers.push(closed),
  });
}
