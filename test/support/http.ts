/** Requests straight into a handler, without a socket. */
import { ThenarError } from '../../engine/errors.ts';
import { Meter } from '../../engine/meter.ts';
import type { Log } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { families } from '../../transport/apis/families.ts';
import type { ListenerOptions } from '../../transport/http/listeners.ts';
import type { HttpHandler } from '../../transport/http/message.ts';
import type { Metered } from '../../transport/ops/metrics/reading.ts';

export const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Rates far above what a test sends. */
export const listenerOptions: ListenerOptions & {
  readonly info: { readonly title: string; readonly version: string };
} = {
  clock: systemClock,
  random: systemRandom,
  log: quiet,
  facades: families,
  anonymousRate: { perSecond: 1e6, burst: 1e6 },
  info: { title: 'Thenar', version: '0.0.0' },
};

/** What an ops listener tells of when nothing happened. */
export function unmetered(): Metered {
  const handshakes = () => ({ running: 0, waiting: 0, refused: 0 });
  const admission = { counts: { underWay: 0, waiting: 0, limit: 0, pressedLimit: 0, refused: 0 } };
  return { meter: new Meter(), version: '0.0.0', handshakes, admission };
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is text or bytes already. */
  readonly body?: unknown;
  readonly fingerprint?: string;
}

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Parsed when it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape.
  readonly json: any;
}

export async function ask(
  handler: HttpHandler,
  method: string,
  target: string,
  asked: Ask = {},
): Promise<Told> {
  const bytes = bytesOf(asked.body);
  const [path = '', query = ''] = target.split('?');
  const reply = await handler({
    method,
    path,
    query,
    headers: {
      ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...asked.headers,
    },
    address: '203.0.113.7',
    secure: false,
    fingerprint: asked.fingerprint ?? null,
    body: (max) =>
      bytes.length > max
        ? Promise.reject(new ThenarError('payload_too_large', 'too large'))
        : Promise.resolve(bytes),
  });
  const text = typeof reply.body === 'string' ? reply.body : Buffer.from(reply.body).toString('latin1');
  const isJson = reply.headers['content-type']?.startsWith('application/json') && text !== '';
  return { status: reply.status, headers: reply.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
