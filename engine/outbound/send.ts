import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Clock } from '../ports.ts';
import { guardedLookup, type Resolve, readEndpoint } from './target.ts';

export interface OutboundRequest {
  readonly endpoint: string;
  /** Default POST. */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Waits for the whole answer and gives its text; else its status counts, however the rest of it ends. */
  readonly wantsBody?: boolean;
  /** For everything together: resolving, connecting, TLS, sending, answering. */
  readonly timeoutMs: number;
  /** Gives the attempt up, for a shutdown. */
  readonly signal?: AbortSignal;
}

export type HttpReply =
  | {
      readonly status: number;
      readonly retryAfter: string | undefined;
      /** Empty unless it was asked for. */
      readonly body: string;
    }
  /** A system error code, or `timeout`, `aborted`, `too_large`, `endpoint_refused`; for the log. */
  | { readonly error: string };

/** The network as the engine's own requests see it. Never rejects. */
export interface HttpSender {
  send(request: OutboundRequest): Promise<HttpReply>;
  /** Closes idle connections. */
  close(): void;
}

/**
 * Sends over node:http(s), keeping connections open between deliveries. Redirects are not followed: they would be a
 * way around the endpoint check.
 */
export function createHttpSender(options: {
  readonly clock: Clock;
  /** Allows plain http and private addresses; for development and tests. */
  readonly allowPrivate: boolean;
  readonly resolve?: Resolve;
  /** Connections to one endpoint, and to all together; default as webhooks have it. */
  readonly sockets?: { readonly perEndpoint: number; readonly total: number };
}): HttpSender {
  const { clock, allowPrivate } = options;
  const lookup = guardedLookup(allowPrivate, options.resolve);
  const pool = {
    keepAlive: true,
    timeout: limits.webhook_keep_alive_ms,
    maxSockets: options.sockets?.perEndpoint ?? limits.webhook_in_flight_per_endpoint_max,
    maxTotalSockets: options.sockets?.total ?? limits.webhook_in_flight_max,
  };
  const agents = { http: new HttpAgent(pool), https: new HttpsAgent(pool) };

  function open(post: OutboundRequest): ClientRequest {
    // Judged again at every attempt: connections to literal addresses resolve nothing.
    const url = readEndpoint(post.endpoint, allowPrivate);
    const secure = url.protocol === 'https:';
    const common = {
      method: post.method ?? 'POST',
      lookup,
      headers: { ...post.headers, 'content-length': `${Buffer.byteLength(post.body)}` },
      maxHeaderSize: limits.header_bytes_max,
    };
    return secure
      ? httpsRequest(url, { ...common, agent: agents.https })
      : httpRequest(url, { ...common, agent: agents.http });
  }

  function attempt(post: OutboundRequest): Promise<HttpReply & { readonly stale?: boolean }> {
    return new Promise((resolve) => {
      let request: ClientRequest;
      try {
        request = open(post);
      } catch (error) {
        resolve({ error: isThenarError(error) ? 'endpoint_refused' : errorCode(error) });
        return;
      }
      let reply: HttpReply | null = null;
      const settle = (outcome: HttpReply & { readonly stale?: boolean }): void => {
        cancelTimer();
        post.signal?.removeEventListener('abort', onAbort);
        // Once the status has arrived it counts, however the rest of the answer ends.
        resolve(reply ?? outcome);
      };
      const giveUp = (error: string): void => {
        settle({ error });
        request.destroy();
      };
      const onAbort = (): void => giveUp('aborted');
      const cancelTimer = clock.after(post.timeoutMs, () => giveUp('timeout'));
      post.signal?.addEventListener('abort', onAbort, { once: true });
      request.on('response', (response: IncomingMessage) => {
        const head = { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] };
        const parts: Buffer[] = [];
        let bytes = 0;
        if (post.wantsBody !== true) reply = { ...head, body: '' };
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > limits.webhook_response_bytes_max) {
            // Without a wish for it it is read only to keep the connection, which a long answer is not worth.
            giveUp('too_large');
          } else if (post.wantsBody === true) parts.push(chunk);
        });
        response.on('end', () => {
          reply = { ...head, body: Buffer.concat(parts).toString('utf8') };
        });
        response.on('error', (error) => settle({ error: errorCode(error) }));
        response.on('close', () => settle({ error: 'closed' }));
      });
      request.on('error', (error) => {
        const code = errorCode(error);
        settle({ error: code, stale: request.reusedSocket && code === 'ECONNRESET' });
      });
      request.on('close', () => settle({ error: 'closed' }));
      if (post.signal?.aborted === true) onAbort();
      else request.end(post.body);
    });
  }

  return {
    async send(request) {
      const first = await attempt(request);
      // A kept connection may have been closed by the endpoint just as it was used again: that says nothing about
      // the endpoint, so one more try is made at once. Receivers see the same webhook-id if both arrived.
      if ('stale' in first && first.stale === true) return strip(await attempt(request));
      return strip(first);
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function strip(reply: HttpReply): HttpReply {
  return 'error' in reply ? { error: reply.error } : reply;
}

function errorCode(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : 'failed';
}
