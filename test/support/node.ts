/** A whole engine of its own for one test file: embedded PostgreSQL, real listeners, real scanners. */
import tap from 'tap';
import { openSocket, TlsMemory } from '../../bench/scanner/connect.ts';
import type { Credentials } from '../../bench/scanner/pair.ts';
import { type Config, readConfig } from '../../engine/config.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import { systemClock } from '../../engine/system.ts';
import { deviceFetch } from '../../transport/client/device.ts';
import { type RunningNode, startNode } from '../../transport/node/start.ts';
import { atProcessEnd } from './lasting.ts';
import { lastingDataDir, readyDataDir } from './store.ts';

const ADMINISTRATOR = { email: 'root@platform.example', password: 'correct horse battery staple' };

/** Starting an engine takes seconds when every core of a small machine is busy with other tests. */
export const FILE_TIMEOUT_MS = 180_000;

/** The system's clock, which a test may move on. Timers run on: only what the clocks say changes. */
export class MovableClock implements Clock {
  #aheadMs = 0;
  #passedMs = 0;

  /** Sets the time of day; no time passes. */
  moveOn(ms: number): void {
    this.#aheadMs += ms;
  }

  /** Time passes, on every clock of the machine. */
  pass(ms: number): void {
    this.#aheadMs += ms;
    this.#passedMs += ms;
  }

  get aheadMs(): number {
    return this.#aheadMs;
  }

  now = (): number => systemClock.now() + this.#aheadMs;
  monotonic = (): number => systemClock.monotonic() + this.#passedMs;
  after = (ms: number, fire: () => void): (() => void) => systemClock.after(ms, fire);
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape.
export type Json = any;

export interface RestReply {
  readonly status: number;
  readonly json: Json;
  readonly headers: Headers;
  /** `data` of the envelope, or the bare reply. */
  readonly data: Json;
  /** `error.code`, or null. */
  readonly code: string | null;
}

export interface EngineUrls {
  readonly publicUrl: string;
  readonly deviceUrl: string;
}

/** An engine as its administrator reaches it, in this process or in another. */
export abstract class Administered {
  abstract readonly urls: EngineUrls;
  /** Messages that nothing is configured to send, newest first. */
  abstract outbox(): Promise<readonly { readonly to: string; readonly text: string }[]>;
  /** The platform's first. */
  readonly administrator = ADMINISTRATOR;
  #platform: Readonly<Record<string, string>> | null = null;

  rest(
    method: string,
    path: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
  ): Promise<RestReply> {
    return rest(this.urls.publicUrl, method, path, options);
  }

  /** As the platform administrator. */
  async platform(method: string, path: string, body?: unknown): Promise<RestReply> {
    this.#platform ??= await this.signIn(ADMINISTRATOR);
    return this.rest(method, path, { headers: this.#platform, ...(body === undefined ? {} : { body }) });
  }

  async signIn(credentials: { readonly email: string; readonly password: string }) {
    const reply = await this.rest('POST', '/v1/console/login', { body: credentials });
    if (reply.status !== 200) throw new Error(`login: ${reply.status} ${reply.code}`);
    const cookie = reply.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    return { cookie, 'x-csrf-token': String(reply.data.csrf_token) };
  }
}

export class TestNode extends Administered {
  readonly dataDir: string;
  readonly clock = new MovableClock();
  readonly logged: { readonly level: string; readonly message: string; readonly facts: object }[] = [];
  /** What it logs at the lower levels. */
  readonly said: { readonly message: string; readonly facts: object }[] = [];
  readonly #settings: Readonly<Record<string, string>>;
  #node: RunningNode | null = null;

  constructor(dataDir: string, settings: Readonly<Record<string, string>>) {
    super();
    this.dataDir = dataDir;
    this.#settings = settings;
  }

  get node(): RunningNode {
    if (this.#node === null) throw new Error('the engine does not run');
    return this.#node;
  }

  get urls(): EngineUrls {
    return this.node;
  }

  get engine(): RunningNode['engine'] {
    return this.node.engine;
  }

  outbox() {
    return this.engine.api.ops.outbox();
  }

  async start(ports: { readonly public?: string; readonly device?: string } = {}): Promise<void> {
    const log: Log = {
      debug: (facts, message) => void this.said.push({ message, facts }),
      info: (facts, message) => void this.said.push({ message, facts }),
      warn: (facts, message) => void this.logged.push({ level: 'warn', message, facts }),
      error: (facts, message) => void this.logged.push({ level: 'error', message, facts }),
    };
    this.#node = await startNode(this.config(ports), log, this.clock);
  }

  config(ports: { readonly public?: string; readonly device?: string } = {}): Config {
    return readConfig({ ...settingsFor(this.dataDir, ports), ...this.#settings });
  }

  async stop(): Promise<void> {
    const node = this.#node;
    this.#node = null;
    await node?.stop();
  }

  /** An orderly end and a new start on the same data and ports. */
  async restart(): Promise<void> {
    const { publicUrl, deviceUrl } = this.node;
    await this.stop();
    await this.start({ public: new URL(publicUrl).port, device: new URL(deviceUrl).port });
  }
}

export function settingsFor(
  dataDir: string,
  ports: { readonly public?: string; readonly device?: string } = {},
): Record<string, string> {
  return {
    THENAR_DATA_DIR: dataDir,
    THENAR_PUBLIC_PORT: ports.public ?? '0',
    THENAR_DEVICE_PORT: ports.device ?? '0',
    THENAR_OPS_PORT: '0',
    THENAR_LOG_LEVEL: 'warn',
    THENAR_WORKERS: '1',
    THENAR_ADMIN_EMAIL: ADMINISTRATOR.email,
    THENAR_ADMIN_PASSWORD: ADMINISTRATOR.password,
    THENAR_WEBHOOK_ALLOW_PRIVATE: '1',
  };
}

/** Starts the engine of this test file; it stops when the file's tests are over. */
export async function startTestNode(settings: Readonly<Record<string, string>> = {}): Promise<TestNode> {
  tap.setTimeout(FILE_TIMEOUT_MS);
  const node = new TestNode(await readyDataDir('node'), settings);
  await node.start();
  tap.teardown(() => node.stop());
  return node;
}

/**
 * An engine whose time of day a file moved further than this serves no other file: both ends of a TLS connection hold
 * certificates against the machine's clock, and one that the engine issues now begins to hold only a little before.
 */
const SHARED_AHEAD_MS = 60_000;
const shared = new Map<string, TestNode>();

/**
 * The engine that the test files of this process share, for tests that neither count what the platform has nor set what
 * holds for all of it: each makes tenants of its own, and leaves no address locked out.
 */
export async function sharedTestNode(settings: Readonly<Record<string, string>> = {}): Promise<TestNode> {
  tap.setTimeout(FILE_TIMEOUT_MS);
  const key = JSON.stringify(settings);
  const running = shared.get(key);
  if (running !== undefined && Math.abs(running.clock.aheadMs) <= SHARED_AHEAD_MS) {
    running.logged.length = 0;
    running.said.length = 0;
    return running;
  }
  await running?.stop();
  const node = new TestNode(await lastingDataDir('node'), settings);
  shared.set(key, node);
  await node.start();
  atProcessEnd(() => node.stop());
  return node;
}

export function rest(
  baseUrl: string,
  method: string,
  path: string,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
): Promise<RestReply> {
  return ask(fetch, new URL(path, baseUrl), method, options);
}

/** One request of a device over mutual TLS, on a connection of its own. */
export function deviceRest(
  deviceUrl: string,
  credentials: Credentials,
  method: string,
  path: string,
  body?: unknown,
): Promise<RestReply> {
  return ask(deviceFetch(credentials), new URL(path, deviceUrl), method, { body });
}

async function ask(
  send: typeof fetch,
  url: URL,
  method: string,
  { headers, body }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown },
): Promise<RestReply> {
  const response = await send(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return replyOf(response);
}

export async function replyOf(response: Response): Promise<RestReply> {
  const { status, headers } = response;
  // A stream of events has no end: what it begins with is the answer.
  if (headers.get('content-type')?.startsWith('text/event-stream') === true) {
    await response.body?.cancel();
    return { status, headers, json: null, data: null, code: null };
  }
  const body = Buffer.from(await response.arrayBuffer());
  const isJson = headers.get('content-type')?.startsWith('application/json') === true;
  const json = isJson ? JSON.parse(body.toString()) : body;
  return { status, headers, json, data: json?.data ?? json, code: json?.error?.code ?? null };
}

/** What becomes of a scanner's attempt to open a WebSocket with these credentials. */
export function attemptSocket(
  deviceUrl: string,
  credentials: Credentials,
  memory = new TlsMemory(),
): Promise<'open' | 'refused'> {
  return new Promise((resolve) => {
    const socket = openSocket(deviceUrl, credentials, memory);
    socket.on('error', () => resolve('refused'));
    socket.on('open', () => {
      resolve('open');
      socket.terminate();
    });
  });
}
