/** A TCP proxy on loopback in front of a server, which a test makes slow, silent or absent. */

import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import tap from 'tap';

/** Where the server behind it listens: a port of loopback, or a Unix socket. */
export type Behind = { readonly port: number } | { readonly path: string };

type Direction = 'requests' | 'answers';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** What each direction was given and has not passed on. */
  readonly held: Readonly<Record<Direction, Buffer[]>>;
}

export class FaultProxy {
  readonly #behind: Behind;
  #server: Server | null = null;
  #port = 0;
  readonly #pairs = new Set<Pair>();
  readonly #holding = new Set<Direction>();
  /** Requests whose client gave up. */
  readonly #late: { readonly server: Socket; readonly bytes: Buffer }[] = [];
  #delayMs = 0;
  readonly #waiting: Record<'held' | 'gone', (() => void)[]> = { held: [], gone: [] };

  private constructor(behind: Behind) {
    this.#behind = behind;
  }

  static async open(behind: Behind): Promise<FaultProxy> {
    const proxy = new FaultProxy(behind);
    await proxy.accept();
    tap.teardown(() => proxy.refuse());
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Bytes of this direction stay here, on connections there are and on coming ones, until {@link release}. */
  hold(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#holding.add(direction);
  }

  /** What was held goes on its way, late, unless its connection is gone; what comes now passes. */
  release(): void {
    this.#holding.clear();
    for (const pair of this.#pairs) {
      for (const direction of ['requests', 'answers'] as const) {
        for (const bytes of pair.held[direction].splice(0)) pass(pair, direction, bytes);
      }
    }
  }

  /** Every piece of data takes so much longer. */
  slowBy(ms: number): void {
    this.#delayMs = ms;
  }

  /** Connections are cut, and new ones refused, until {@link accept}. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    server?.close();
    this.cut();
    for (const late of this.#late.splice(0)) late.server.destroy();
    if (server !== null) await once(server, 'close');
  }

  /** Cuts the connections there are. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  /** Listens, on the same port as before. */
  async accept(): Promise<void> {
    if (this.#server !== null) return;
    const server = createServer((client) => this.#join(client));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as { port: number }).port;
  }

  /** Resolves when the next piece of data is held, or the next client gives its connection up. */
  next(what: 'held' | 'gone'): Promise<void> {
    return new Promise((resolve) => this.#waiting[what].push(resolve));
  }

  #tell(what: 'held' | 'gone'): void {
    for (const wake of this.#waiting[what].splice(0)) wake();
  }

  #join(client: Socket): void {
    const server = createConnection(this.#behind);
    const pair: Pair = { client, server, held: { requests: [], answers: [] } };
    this.#pairs.add(pair);
    const gone = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      // A connection that is gone on this side may still have had something to say on the other.
      for (const bytes of pair.held.requests.splice(0)) this.#late.push({ server, bytes });
      if (!this.#late.some((late) => late.server === server)) server.destroy();
      this.#tell('gone');
    };
    client.on('error', gone).on('close', gone);
    server.on('error', gone).on('close', gone);
    client.on('data', (bytes) => this.#take(pair, 'requests', bytes));
    server.on('data', (bytes) => this.#take(pair, 'answers', bytes));
  }

  /** Requests of connections that their client gave up arrive at the server all the same, as packets do. */
  arriveLate(): Promise<void> {
    const late = this.#late.splice(0);
    for (const { server, bytes } of late) server.write(bytes);
    const servers = [...new Set(late.map(({ server }) => server))];
    return Promise.all(
      servers.map(async (server) => {
        server.end();
        server.resume();
        if (!server.destroyed) await once(server, 'close');
      }),
    ).then(() => {});
  }

  #take(pair: Pair, direction: Direction, bytes: Buffer): void {
    if (this.#holding.has(direction)) {
      pair.held[direction].push(bytes);
      this.#tell('held');
    } else if (this.#delayMs > 0) setTimeout(() => pass(pair, direction, bytes), this.#delayMs);
    else pass(pair, direction, bytes);
  }
}

function pass({ client, server }: Pair, direction: Direction, bytes: Buffer): void {
  const to = direction === 'requests' ? server : client;
  if (to.writable) to.write(bytes);
}
