/** What every HTTP driver offers: one listening server whose certificate can change and that drains. */

import { randomUUID } from 'node:crypto';
import { ThenarError } from '../../../engine/errors.ts';
import { limits } from '../../../engine/limits.ts';
import type { Clock } from '../../../engine/ports.ts';
import type { HttpHandler, HttpReply } from '../message.ts';

export interface TlsMaterial {
  /** Leaf first, then its chain, PEM. */
  readonly certificatePem: string;
  readonly keyPem: string;
  /** 48 bytes; kept by the caller so that sessions resume across reloads and restarts. node:https only. */
  readonly ticketKeys?: Uint8Array;
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Absent: plain HTTP until {@link HttpServer.setCertificate}. */
  readonly tls?: TlsMaterial;
  readonly clock: Clock;
  /** Default: `limits.answer_stall_ms`. node:http only; uWebSockets.js has a time of its own. */
  readonly answerStallMs?: number;
}

export interface HttpServer {
  readonly port: number;
  readonly secure: boolean;
  /** New connections use it at once; requests under way finish on what they began with. */
  setCertificate(tls: TlsMaterial): Promise<void>;
  /** Stops accepting, lets requests under way finish for at most `drainMs`, then cuts what is left. */
  close(drainMs: number): Promise<void>;
}

/** @throws Error of the operating system (EADDRINUSE, EACCES, …) */
export type Listen = (handler: HttpHandler, options: ListenOptions) => Promise<HttpServer>;

/** Requests under way, and a promise for the moment when there are none. */
export class InFlight {
  #count = 0;
  #waiting: (() => void)[] = [];

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when nothing is under way, or after `ms`. */
  async settled(clock: Clock, ms: number): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(ms, resolve);
      this.#waiting.push(() => {
        cancel();
        resolve();
      });
    });
  }
}

export function tooLarge(bytesMax: number): ThenarError {
  return new ThenarError('payload_too_large', `The body is larger than ${bytesMax} bytes.`, {
    details: { bytes_max: bytesMax },
  });
}

export function clientGone(): ThenarError {
  return new ThenarError('malformed_body', 'The body ended early.');
}

/** Splits a request target; null when it is too long or not a path. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } | null {
  if (target.length > limits.url_bytes_max || !target.startsWith('/')) return null;
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** An IPv4 address that came through an IPv6 socket is the same address. */
export function plainAddress(address: string): string {
  return address.replace(/^(::ffff:|0000:0000:0000:0000:0000:ffff:)(?=\d+\.)/i, '');
}

/** What never reaches the pipeline is answered like everything else. */
export function refusal(status: number, message: string): HttpReply & { readonly body: string } {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': randomUUID(),
    },
    body: JSON.stringify({ success: false, message, error: { code: 'protocol_violation', message } }),
  };
}

/** Replies that end with their headers, and name no length (RFC 9110 sections 15.3.5 and 15.4.5). */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 304;
}

export const headersTooLarge = [431, 'The header section is too large.'] as const;
