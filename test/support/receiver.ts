/** An integrator's webhook endpoint: keeps what it is sent and answers as told. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import tap from 'tap';
import { signatureHolds } from '../../engine/webhooks/sign.ts';
import type { Json } from './node.ts';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Null of a request without a body. */
  readonly event: Json;
}

export class Receiver {
  readonly url: string;
  readonly received: Received[] = [];
  /** Statuses of the next answers; 200 when there are none left. */
  readonly answers: number[] = [];
  readonly #waiting: (() => void)[] = [];

  private constructor(url: string) {
    this.url = url;
  }

  static async open(path = '/hook'): Promise<Receiver> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const event = text === '' ? null : JSON.parse(text);
        receiver.received.push({ headers: request.headers, text, event });
        response.statusCode = receiver.answers.shift() ?? 200;
        response.end();
        for (const wake of receiver.#waiting.splice(0)) wake();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const receiver = new Receiver(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    tap.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return receiver;
  }

  /** Resolves with all that was received once there are so many that fit. */
  async until(count: number, fits: (received: Received) => boolean = () => true): Promise<Received[]> {
    for (;;) {
      const found = this.received.filter(fits);
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** Whether a receiver that holds the secret would believe it. */
export function believable(received: Received, secret: string, now: number): boolean {
  return signatureHolds(secret, received.headers, received.text, now);
}
