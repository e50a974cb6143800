import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { Admission } from '../../engine/admission/admission.ts';
import { CallLimit } from '../../engine/admission/limit.ts';
import { Meter } from '../../engine/meter.ts';
import type { Log } from '../../engine/ports.ts';
import { systemRandom } from '../../engine/system.ts';
import { noTracer } from '../../engine/trace/spans.ts';
import { createDeviceListener, type DeviceListener } from '../../transport/scanner/device-listener.ts';
import type { DeviceTls } from '../../transport/scanner/tls.ts';
import { type Identity, TestAuthority } from './certificates.ts';
import { VirtualClock } from './clock.ts';
import { DEVICE, FakeSessions, TENANT } from './fake-sessions.ts';

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A device listener over real mutual TLS, with a fake engine behind it and a clock that the test moves. */
export class ScannerWorld {
  readonly pki: TestAuthority;
  readonly identity: Identity;
  readonly fake = new FakeSessions();
  readonly clock = new VirtualClock();
  readonly meter = new Meter();
  readonly listener: DeviceListener;
  readonly tls: DeviceTls;
  port = 0;

  private constructor(pki: TestAuthority, identity: Identity, tls: DeviceTls) {
    this.pki = pki;
    this.identity = identity;
    this.tls = tls;
    this.fake.known.add(identity.fingerprint);
    this.listener = this.another();
  }

  static async start(): Promise<ScannerWorld> {
    const pki = await TestAuthority.make();
    const server = await pki.server('localhost', '127.0.0.1');
    const ticketKeys = randomBytes(48);
    const tls = { caPem: [pki.caPem], certPem: server.certPem, keyPem: server.keyPem, ticketKeys };
    const world = new ScannerWorld(pki, await pki.device({ tenantId: TENANT, deviceId: DEVICE }), tls);
    world.port = await world.listener.listen('127.0.0.1', 0);
    return world;
  }

  /** A listener like this world's, not listening yet; a restart, when the first one was drained. */
  another(tls: DeviceTls = this.tls): DeviceListener {
    return createDeviceListener({
      api: this.fake.api,
      clock: this.clock,
      random: systemRandom,
      admission: new Admission(this.clock, new CallLimit(this.clock, { waitedMs: () => 0 })),
      log: silent,
      meter: this.meter,
      tracer: noTracer,
      tls,
      handleRequest: (request, response, fingerprint) => {
        response.end(JSON.stringify({ path: request.url, fingerprint }));
      },
    });
  }

  async stop(): Promise<void> {
    await this.listener.drain(this.clock.monotonic());
  }

  /** A WebSocket of ws's client; resolved once it is open, rejected with what refused it. */
  async socket(options: { identity?: Identity; path?: string; protocols?: string[] } = {}): Promise<Peer> {
    const { identity = this.identity, path = '/v1/scanner', protocols = ['thenar.scanner.v1'] } = options;
    const socket = new WebSocket(`wss://127.0.0.1:${this.port}${path}`, protocols, {
      ca: this.pki.caPem,
      cert: identity.certPem,
      key: identity.keyPem,
    });
    const peer = new Peer(socket);
    await once(socket, 'open');
    return peer;
  }

  /** As {@link socket}, with the session opened. */
  async scanner(params: object = {}): Promise<Peer> {
    const peer = await this.socket();
    await peer.call('session.open', params);
    return peer;
  }

  /** A bare TLS connection. */
  rawTls(options: ConnectionOptions = {}): TLSSocket {
    const { certPem, keyPem } = this.identity;
    return connect({
      host: '127.0.0.1',
      port: this.port,
      ca: this.pki.caPem,
      cert: certPem,
      key: keyPem,
      ...options,
    });
  }
}

type Message = Record<string, unknown> & { id?: unknown; method?: string; params?: never; error?: never };

/** The scanner's end of a WebSocket: sends anything, keeps what comes until somebody asks for it. */
export class Peer {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #inbox: Message[] = [];
  #wanted: (() => void)[] = [];
  #ids = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.#inbox.push(JSON.parse(data.toString()) as Message);
      const wanted = this.#wanted;
      this.#wanted = [];
      for (const wake of wanted) wake();
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  sendCall(method: string, params: object = {}, id: string | number = `c${++this.#ids}`): string | number {
    this.send({ jsonrpc: '2.0', id, method, params });
    return id;
  }

  /** The next message that fits, in order of arrival; waits for it. */
  async next(fits: (message: Message) => boolean = () => true): Promise<Message> {
    for (;;) {
      const at = this.#inbox.findIndex(fits);
      if (at >= 0) return this.#inbox.splice(at, 1)[0]!;
      await new Promise<void>((resolve) => this.#wanted.push(resolve));
    }
  }

  /** Result or error of one call. */
  async call(method: string, params: object = {}): Promise<Message> {
    const id = this.sendCall(method, params);
    return this.next((message) => message.id === id && message.method === undefined);
  }

  /** The next push. */
  pushed(): Promise<Message> {
    return this.next((message) => message.method !== undefined);
  }
}
