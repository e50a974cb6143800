import type { ThenarError } from '../../../engine/errors.ts';
import { limits } from '../../../engine/limits.ts';
import type { HttpRequest } from '../message.ts';
import { clientGone, plainAddress, splitTarget, tooLarge } from './server.ts';
import type { UwsRequest, UwsResponse } from './uws_library.ts';

export interface Incoming {
  readonly request: HttpRequest;
  /** Of the header section, about. */
  readonly headerBytes: number;
  aborted(): boolean;
  onAborted(aborted: () => void): void;
}

/**
 * Copies all that is needed before the handler returns: the request object dies with it, and body chunks that
 * nobody takes then are lost. So the body is collected from the start, up to the largest bound any route has.
 */
export function takeRequest(response: UwsResponse, request: UwsRequest, secure: boolean): Incoming {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  let headerBytes = 0;
  request.forEach((name, value) => {
    headerBytes += name.length + value.length + 4;
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  });
  const query = request.getQuery() ?? '';
  const target = splitTarget(query === '' ? request.getUrl() : `${request.getUrl()}?${query}`);
  const method = request.getCaseSensitiveMethod();

  let gone = false;
  const listeners: (() => void)[] = [];
  const body = collect(response, headers);
  response.onAborted(() => {
    gone = true;
    body.abort();
    for (const aborted of listeners.splice(0)) aborted();
  });
  return {
    request: {
      method,
      path: target?.path ?? '',
      query: target?.query ?? '',
      headers,
      address: plainAddress(Buffer.from(response.getRemoteAddressAsText()).toString('latin1')),
      secure,
      fingerprint: null,
      body: body.read,
    },
    headerBytes,
    aborted: () => gone,
    onAborted: (aborted) => void listeners.push(aborted),
  };
}

interface Collector {
  read(bytesMax: number): Promise<Uint8Array>;
  abort(): void;
}

function collect(response: UwsResponse, headers: Readonly<Record<string, string>>): Collector {
  const declared = Number(headers['content-length'] ?? 0);
  const chunks: Buffer[] = [];
  let length = 0;
  let state: 'open' | 'complete' | 'aborted' = 'complete';
  let bytesMax: number = limits.scan_body_bytes_max;
  let settle: { resolve(bytes: Uint8Array): void; reject(error: ThenarError): void } | null = null;

  function conclude(): void {
    if (settle === null) return;
    if (declared > bytesMax || length > bytesMax) settle.reject(tooLarge(bytesMax));
    else if (state === 'aborted') settle.reject(clientGone());
    else if (state === 'complete') settle.resolve(Buffer.concat(chunks, length));
    else return;
    settle = null;
    chunks.length = 0;
  }

  if (declared > 0 || headers['transfer-encoding'] !== undefined) {
    state = 'open';
    response.onData((chunk, isLast) => {
      length += chunk.byteLength;
      // Chunks are only lent for the length of this call; beyond the bound they are counted and dropped.
      if (declared <= bytesMax && length <= bytesMax) chunks.push(Buffer.from(Buffer.from(chunk)));
      else chunks.length = 0;
      if (isLast) state = 'complete';
      if (length > limits.body_discard_bytes_max) response.close();
      else conclude();
    });
  }
  return {
    read: (max) =>
      new Promise((resolve, reject) => {
        bytesMax = max;
        settle = { resolve, reject };
        conclude();
      }),
    abort() {
      if (state === 'open') state = 'aborted';
      conclude();
    },
  };
}
