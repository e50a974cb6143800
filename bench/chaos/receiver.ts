/** The integrator's webhook endpoint: which events arrived, each once however often it was delivered. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Event {
  readonly id: string;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export class Receiver {
  readonly url: string;
  readonly events = new Map<string, Event>();
  /** Deliveries, repeated ones too. */
  deliveries = 0;
  readonly #server: Server;
  #wake: () => void = () => {};

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async open(): Promise<Receiver> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(parts).toString());
        const id = String(request.headers['webhook-id']);
        receiver.events.set(id, { id, type: String(request.headers['x-link-event']), body });
        receiver.deliveries += 1;
        response.end();
        receiver.#wake();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const receiver = new Receiver(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
    return receiver;
  }

  /** Resolves to true once `fits` holds, to false when it does not hold within `withinMs`. */
  async until(fits: () => boolean, withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs;
    while (!fits()) {
      const left = end - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
