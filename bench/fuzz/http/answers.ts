/** Answers of an HTTP listener, read strictly: what a client could misread is a finding. */

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; of repeated ones the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** The bytes are no answer that HTTP/1.1 knows. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

const STATUS = /^HTTP\/1\.1 ([1-5]\d\d)(?: [\x20-\x7e]*)?$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\x20-\x7e\t]*)$/;

/** Takes the bytes of one connection and gives the answers in them, in order. */
export class AnswerReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #answers: HttpAnswer[] = [];
  /** An answer without a length: it ends with its connection. */
  #unbounded: Omit<HttpAnswer, 'body'> | null = null;

  /** @throws AnswerError */
  take(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#unbounded === null && this.#next()) {
      // Each turn takes one answer off the front.
    }
  }

  /** The connection has ended. @throws AnswerError when it did within an answer */
  end(): void {
    if (this.#unbounded !== null) {
      this.#answers.push({ ...this.#unbounded, body: this.#rest });
      this.#unbounded = null;
    } else if (this.#rest.length > 0) throw new AnswerError('the connection ended within an answer');
    this.#rest = Buffer.alloc(0);
  }

  /** Answers that were not taken yet; interim ones (1xx) are left out. */
  drain(): HttpAnswer[] {
    return this.#answers.splice(0).filter(({ status }) => status >= 200);
  }

  #next(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#rest.length > 65_536) throw new AnswerError('a header section without an end');
      return false;
    }
    const { status, headers } = readHead(this.#rest.subarray(0, end).toString('latin1'));
    const from = end + 4;
    if (headers.has('transfer-encoding')) return this.#chunked(status, headers, from);
    const length = headers.get('content-length');
    if (status < 200 || status === 204 || status === 304) return this.#finish(status, headers, from, from);
    if (length === undefined) {
      this.#unbounded = { status, headers };
      this.#rest = this.#rest.subarray(from);
      return false;
    }
    if (!/^\d{1,9}$/.test(length)) throw new AnswerError(`content-length ${length}`);
    const until = from + Number(length);
    return this.#rest.length >= until && this.#finish(status, headers, from, until);
  }

  #chunked(status: number, headers: ReadonlyMap<string, string>, from: number): boolean {
    const parts: Buffer[] = [];
    for (let at = from; ; ) {
      const lineEnd = this.#rest.indexOf('\r\n', at);
      if (lineEnd < 0) return false;
      const size = this.#rest.subarray(at, lineEnd).toString('latin1');
      if (!/^[0-9a-fA-F]{1,8}$/.test(size)) throw new AnswerError(`chunk size ${size}`);
      const length = Number.parseInt(size, 16);
      const end = lineEnd + 2 + length;
      if (this.#rest.length < end + 2) return false;
      parts.push(this.#rest.subarray(lineEnd + 2, end));
      at = end + 2;
      if (length > 0) continue;
      this.#answers.push({ status, headers, body: Buffer.concat(parts) });
      this.#rest = this.#rest.subarray(at);
      return true;
    }
  }

  #finish(status: number, headers: ReadonlyMap<string, string>, from: number, until: number): boolean {
    this.#answers.push({ status, headers, body: this.#rest.subarray(from, until) });
    this.#rest = this.#rest.subarray(until);
    return true;
  }
}

function readHead(text: string): Omit<HttpAnswer, 'body'> {
  const [first = '', ...lines] = text.split('\r\n');
  const [, status] = STATUS.exec(first) ?? [];
  if (status === undefined) throw new AnswerError(`status line ${JSON.stringify(first.slice(0, 80))}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new AnswerError(`header line ${JSON.stringify(line.slice(0, 80))}`);
    }
    headers.set(name.toLowerCase(), value);
  }
  return { status: Number(status), headers };
}

/** Statuses that refuse or answer a request; any other is a failure of ours. */
function isWell(status: number): boolean {
  return status < 500 || status === 503 || status === 505;
}

/**
 * What is wrong with an answer; null when nothing is.
 * @param bare whether the listener's library answers what is no HTTP by itself, without the engine's headers
 */
export function judge({ status, headers, body }: HttpAnswer, bare: boolean): string | null {
  if (!isWell(status)) return `status ${status}: ${body.subarray(0, 200).toString('latin1')}`;
  if (headers.has('x-injected')) return 'a header of the request is in the answer';
  const type = headers.get('content-type') ?? '';
  const json = type.startsWith('application/json');
  if (bare && status >= 400 && !json) return null;
  if (!headers.has('x-request-id')) return `status ${status} without X-Request-Id`;
  if (status >= 400 && !json) return `status ${status} of type ${JSON.stringify(type)}`;
  if (!json) return null;
  try {
    const { error } = JSON.parse(body.toString()) as { readonly error?: { readonly code?: unknown } };
    return error?.code === 'internal' ? 'code internal' : null;
  } catch {
    return `status ${status} with JSON that is none`;
  }
}
