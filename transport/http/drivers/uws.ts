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
  type Listen,
  type ListenOptions,
  refusal,
  type TlsMaterial,
} from './server.ts';
import type { Uws, UwsApp, UwsResponse } from './uws_library.ts';
import { type Incoming, takeRequest } from './uws_request.ts';

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
    inFlight.begin();
    const incoming = takeRequest(response, request, tls !== undefined);
    incoming.onAborted(() => inFlight.end());
    // The library's own bound is a variable of the environment, so ours is held here.
    if (incoming.headerBytes > limits.header_bytes_max) {
      return send(response, incoming, refusal(...headersTooLarge), partial);
    }
    handler(incoming.request)
      .then((reply) => send(response, incoming, reply, partial))
      .catch(() => {
        if (!incoming.aborted()) response.close();
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

/** After an abort the response object must not be touched, so every use asks first. */
function send(response: UwsResponse, incoming: Incoming, reply: HttpReply, live: Live): void {
  if (incoming.aborted()) return;
  const head = incoming.request.method === 'HEAD';
  response.cork(() => {
    response.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? ''}`.trim());
    for (const [name, value] of Object.entries(reply.headers)) response.writeHeader(name, value);
    if (reply.stream !== undefined && !head) return void response.write('');
    // With a length, the library would go on waiting for that many bytes and refuse the connection's next request.
    if (head && reply.stream === undefined)
      response.writeHeader('content-length', `${Buffer.byteLength(reply.body)}`);
    if (head || reply.status === 204) response.endWithoutBody();
    else response.end(reply.body, live.draining);
  });
  if (reply.stream !== undefined && !head) stream(response, incoming, reply.stream, live);
  else live.inFlight.end();
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
    end,
    onClose: (closed) => void closers.push(closed),
  });
}
