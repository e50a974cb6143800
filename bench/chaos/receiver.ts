/** The integrator's webhook endpoint: which events arrived, each once however often it was delivered. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SeededRandom } from '../palms/random.ts';

export interface Event {
  readonly id: string;
  readonly type: string;
  /** Whom it is about: a user, or a scanner's hardware. */
  readonly subject: string;
  /** When the engine says it happened: RFC 3339, so that texts compare as times do. */
  readonly timestamp: string;
  readonly body: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Of all first deliveries of an event, so many are refused, and so tried again after seconds. */
const REFUSED = 0.02;

export class Receiver {
  readonly url: string;
  readonly events = new Map<string, Event>();
  /** What was taken of each delivery, by its identifier: which event, and how often. */
  readonly deliveries = new Map<string, { readonly event: string; times: number }>();
  /** Two bodies under one identifier, or events of one subject in another order than they happened. */
  readonly findings: string[] = [];
  refused = 0;
  readonly #server: Server;
  readonly #random: SeededRandom;
  readonly #refusedEvents = new Set<string>();
  readonly #counted = new Map<string, number>();
  readonly #lastOf = new Map<string, Event>();
  #wake: () => void = () => {};

  private constructor(server: Server, url: string, random: SeededRandom) {
    this.#server = server;
    this.url = url;
    this.#random = random;
  }

  static async open(random: SeededRandom): Promise<Receiver> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        response.statusCode = receiver.#take(request.headers, Buffer.concat(parts).toString());
        response.end();
        receiver.#wake();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const receiver = new Receiver(server, url, random);
    return receiver;
  }

  /** @returns the status to answer */
  #take(headers: IncomingHttpHeaders, body: string): number {
    const event = eventOf(headers, body);
    const known = this.events.get(event.id);
    if (known !== undefined && known.body !== event.body)
      this.findings.push(`two bodies of event ${event.id}`);
    if (known === undefined && !this.#refusedEvents.has(event.id) && this.#random.uniform() < REFUSED) {
      this.#refusedEvents.add(event.id);
      this.refused += 1;
      return 503;
    }
    const id = String(headers['x-link-delivery']);
    const delivery = this.deliveries.get(id) ?? { event: event.id, times: 0 };
    if (delivery.event !== event.id) this.findings.push(`delivery ${id} brought two events`);
    delivery.times += 1;
    this.deliveries.set(id, delivery);
    if (known === undefined) {
      const before = this.#lastOf.get(event.subject);
      if (before !== undefined && before.timestamp > event.timestamp)
        this.findings.push(`event ${event.id} of ${event.subject} came after a later one`);
      this.#lastOf.set(event.subject, event);
      this.events.set(event.id, event);
      for (const about of [event.subject, event.data.challenge_id]) {
        const key = `${event.type} ${about}`;
        this.#counted.set(key, (this.#counted.get(key) ?? 0) + 1);
      }
    }
    return 200;
  }

  /** How many events of a type are about this user, scanner or challenge. */
  count(type: string, about: string): number {
    return this.#counted.get(`${type} ${about}`) ?? 0;
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

function eventOf(headers: IncomingHttpHeaders, body: string): Event {
  const { timestamp, data } = JSON.parse(body) as {
    readonly timestamp: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
  const subject = String(data.user_id ?? data.hardware_id);
  return {
    id: String(headers['webhook-id']),
    type: String(headers['x-link-event']),
    subject,
    timestamp,
    body,
    data,
  };
}
