/** A handler that shows what a driver handed over, and a client that sends exactly the bytes it is told to. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { asThenarError } from '../../engine/errors.ts';
import type { HttpHandler, HttpReply, HttpRequest, Sink } from '../../transport/http/message.ts';

/** Promises that a test resolves and a handler waits for. */
export class Latch {
  readonly opened: Promise<void>;
  open: () => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}

/** More than an operating system keeps for a reader who takes nothing; one object, however often it is sent. */
export const big: Uint8Array = new Uint8Array(12 * 1024 * 1024);

export class DriverWorld {
  /** Released by the test; `/wait` answers then. */
  released = new Latch();
  /** Opened when `/wait` is reached. */
  waiting = new Latch();
  /** Opened when the reader of `/stream` is gone. */
  streamClosed = new Latch();
  /** Codes of bodies that could not be read. */
  readonly refused: string[] = [];
  readonly refusal = new Latch();
  sink: Sink | null = null;

  readonly handler: HttpHandler = async (request) => {
    switch (request.path) {
      case '/echo':
        return echo(request, await request.body(8 * 1024 * 1024));
      case '/limit':
        return this.#limited(request);
      case '/ignore':
        return json(200, { ignored: true });
      case '/big':
        return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: big };
      case '/empty':
        return { status: 204, headers: { 'x-kind': 'empty' }, body: '' };
      case '/unchanged':
        return { status: 304, headers: { etag: '"same"' }, body: '' };
      case '/wait':
        this.waiting.open();
        await this.released.opened;
        return json(200, { waited: true });
      case '/stream':
        return {
          status: 200,
          headers: { 'content-type': 'text/event-stream' },
          body: '',
          stream: this.#stream,
        };
      default:
        return json(404, { path: request.path });
    }
  };

  async #limited(request: HttpRequest): Promise<HttpReply> {
    try {
      return echo(request, await request.body(10));
    } catch (error) {
      const { code } = asThenarError(error);
      this.refused.push(code);
      this.refusal.open();
      return json(413, { code });
    }
  }

  readonly #stream = (sink: Sink): void => {
    this.sink = sink;
    sink.onClose(() => this.streamClosed.open());
    sink.write('data: 1\n\n');
  };
}

function echo(request: HttpRequest, body: Uint8Array): HttpReply {
  const { method, path, query, headers, address, secure, fingerprint } = request;
  const digest = createHash('sha256').update(body).digest('hex');
  return json(200, {
    method,
    path,
    query,
    headers,
    address,
    secure,
    fingerprint,
    length: body.length,
    digest,
  });
}

function json(status: number, value: unknown): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-kind': 'test' },
    body: JSON.stringify(value),
  };
}

/** One raw connection. */
export class RawClient {
  readonly socket: Socket;
  #text = '';
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#text += chunk;
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open(port: number, ca?: string): Promise<RawClient> {
    const socket =
      ca === undefined
        ? connect(port, '127.0.0.1')
        : connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca });
    await once(socket, ca === undefined ? 'connect' : 'secureConnect');
    return new RawClient(socket);
  }

  send(...parts: readonly (string | Uint8Array)[]): this {
    for (const part of parts) this.socket.write(part);
    return this;
  }

  /** What has arrived, once it matches; fails when the connection ends first. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) {
      if (this.#ended) throw new Error(`ended before ${pattern}: ${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#text;
  }

  async ended(): Promise<string> {
    while (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#text;
  }

  /** Forgets what has arrived. */
  clear(): void {
    this.#text = '';
  }

  close(): void {
    this.socket.destroy();
  }
}
