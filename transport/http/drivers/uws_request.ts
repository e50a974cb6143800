import type { ThenarError } from '../../../engine/errors.ts';
import { limits } from '../../../engine/limits.ts';
import type { HttpRequest } from '../message.ts';
import { clientGone, plainAddress, splitTarget, tooLarge } from './server.ts';
import type { UwsRequest, UwsResponse } from './uws_library.ts';

/**
 * Copies all that is needed before the handler returns: the request object dies with it, and body chunks that
 * nobody takes then are lost. So a body is collected from the start, up to the largest bound any route has.
 */
export class Incoming implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly secure: boolean;
  readonly fingerprint = null;
  /** Of the header section, about. */
  readonly headerBytes: number;
  readonly #response: UwsResponse;
  readonly #body: Collector | null;
  readonly #listeners: (() => void)[] = [];
  #aborted = false;
  #address: string | null = null;

  constructor(response: UwsResponse, request: UwsRequest, secure: boolean) {
    const headers: Record<string, string> = Object.create(null) as Record<string, string>;
    let headerBytes = 0;
    request.forEach((name, value) => {
      headerBytes += name.length + value.length + 4;
      const before = headers[name];
      headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
    });
    const query = request.getQuery() ?? '';
    const target = splitTarget(query === '' ? request.getUrl() : `${request.getUrl()}?${query}`);
    this.method = request.getCaseSensitiveMethod();
    this.path = target?.path ?? '';
    this.query = target?.query ?? '';
    this.headers = headers;
    this.headerBytes = headerBytes;
    this.secure = secure;
    this.#response = response;
    const sends = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    this.#body = sends ? collect(response, headers) : null;
  }

  /** Read when asked for, a call into the system each time; not after the answer. */
  get address(): string {
    this.#address ??= plainAddress(Buffer.from(this.#response.getRemoteAddressAsText()).toString('latin1'));
    return this.#address;
  }

  /** Whether nothing of the body is still to come. */
  get complete(): boolean {
    return this.#body === null;
  }

  /**
   * Whether chunks are still to come. One that is malformed then would be answered by the library: a second answer,
   * which whoever put several clients on one connection would hand to the next of them.
   */
  get unended(): boolean {
    return this.headers['transfer-encoding'] !== undefined && this.#body?.ended === false;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** From now on an answer may come later: the library must be able to say that nobody waits for it any more. */
  awaitAbort(aborted: () => void): void {
    // It may be asked for when the connection is gone, which knows no address any more.
    this.#address ??= this.address;
    this.#listeners.push(aborted);
    this.#response.onAborted(() => {
      this.#aborted = true;
      this.#body?.abort();
      for (const each of this.#listeners.splice(0)) each();
    });
  }

  onAborted(aborted: () => void): void {
    this.#listeners.push(aborted);
  }

  body(bytesMax: number): Promise<Uint8Array> {
    return this.#body === null ? Promise.resolve(nothing) : this.#body.read(bytesMax);
  }
}

const nothing = new Uint8Array(0);

interface Collector {
  readonly ended: boolean;
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
    get ended() {
      return state !== 'open';
    },
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
