/**
 * A simulated product backend: a linked service as docs/linked-services.md describes one. It checks signatures,
 * keeps one ledger entry a key, answers a repeated key as it answered the first time, and misbehaves as told.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../engine/ports.ts';
import { systemClock } from '../../engine/system.ts';
import { signatureHolds } from '../../engine/webhooks/sign.ts';

/**
 * allow, deny: at once.  quiet: allows without a text.  hold: charges, then answers when released.
 * lost: charges, and the connection breaks before the answer.  fail: 500.  garbage: an answer nobody can read.
 * refuse: 422.
 */
export const productBehaviours = [
  'allow',
  'deny',
  'quiet',
  'hold',
  'lost',
  'fail',
  'garbage',
  'refuse',
] as const;
export type ProductBehaviour = (typeof productBehaviours)[number];

/** The question as it comes. */
export interface Question {
  readonly transaction_id: string;
  readonly tenant_id: string;
  readonly product_key: string;
  readonly user_id: string;
  readonly external_user_id: string | null;
  readonly device: {
    readonly device_id: string;
    readonly hardware_id: string | null;
    readonly class: string;
    readonly bound_action: string | null;
  };
  readonly amount: unknown;
  readonly currency: unknown;
  readonly context: Readonly<Record<string, unknown>>;
  readonly timestamp: string;
}

export interface Entry {
  readonly key: string;
  readonly question: Question;
  readonly answer: object;
  /** The W3C Trace Context that came with it the first time; null from an engine that does not trace. */
  readonly trace: string | null;
  /** How often it was asked under this key; it was charged once. */
  asked: number;
}

const BODY_BYTES_MAX = 256 * 1024;

export class ProductSimulator {
  behaviour: ProductBehaviour = 'allow';
  healthy = true;
  /** `whsec_…`, as registering the service gave it. */
  secret = '';
  readonly ledger = new Map<string, Entry>();
  /** Questions that came, repeats included, and health checks. */
  questions = 0;
  checks = 0;
  /** Questions whose signature did not hold. */
  forged = 0;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #held: (() => void)[] = [];
  #waiting: (() => void)[] = [];

  private constructor(server: Server, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
  }

  static async start(
    options: { readonly port?: number; readonly clock?: Clock } = {},
  ): Promise<ProductSimulator> {
    const server = createServer();
    const product = new ProductSimulator(server, options.clock ?? systemClock);
    server.on('request', (request, response) => {
      // A caller that hangs up in the middle of its request gets no answer.
      product.#serve(request, response).catch(() => request.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return product;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers what was held, and holds no more of it. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  /** Resolves when `fits`, which is looked at after every request. */
  async until(fits: () => boolean): Promise<void> {
    while (!fits()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && request.url === '/health') {
      this.checks += 1;
      response.writeHead(this.healthy ? 200 : 503).end();
    } else if (request.method === 'POST' && request.url === '/authorize') {
      const body = await readBody(request);
      if (body !== null) this.#decide(request, body, response);
    } else {
      response.writeHead(404).end();
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #decide(request: IncomingMessage, body: string, response: ServerResponse): void {
    if (!signatureHolds(this.secret, request.headers, body, this.#clock.now())) {
      this.forged += 1;
      response.writeHead(401).end();
      return;
    }
    this.questions += 1;
    const { behaviour } = this;
    if (behaviour === 'fail') return void response.writeHead(500).end();
    if (behaviour === 'garbage') return void response.writeHead(200).end('{"decision":"perhaps"}');
    if (behaviour === 'refuse') return void response.writeHead(422).end('{}');
    const { 'idempotency-key': key, traceparent: trace = null } = request.headers;
    const { answer } = this.#charge(String(key), body, trace === null ? null : String(trace));
    const send = (): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    };
    if (behaviour === 'lost') request.socket.destroy();
    else if (behaviour === 'hold') this.#held.push(send);
    else send();
  }

  /** Once a key. A real backend does this in one transaction with whatever it moves. */
  #charge(key: string, body: string, trace: string | null): Entry {
    const known = this.ledger.get(key);
    if (known !== undefined) {
      known.asked += 1;
      return known;
    }
    const number = this.ledger.size + 1;
    const answer =
      this.behaviour === 'deny'
        ? { decision: 'deny', display_message: 'Insufficient funds' }
        : this.behaviour === 'quiet'
          ? { decision: 'allow' }
          : { decision: 'allow', display_message: 'Thank you', product_reference: `sim_txn_${number}` };
    const entry: Entry = { key, question: JSON.parse(body) as Question, answer, trace, asked: 1 };
    this.ledger.set(key, entry);
    return entry;
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) {
      request.destroy();
      return null;
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
