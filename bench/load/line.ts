/**
 * HTTP/1.1 over one connection with as little as can be: a parser that knows status and length and nothing else. What
 * asks must cost less than what answers, or it is the asker that is measured.
 */
import type { Socket } from 'node:net';

const headEnd = '\r\n\r\n';

/** One kept-alive connection; `onAnswer` gets each status in the order of the requests. */
export class Line {
  readonly socket: Socket;
  readonly due: number[] = [];
  #rest = '';
  #spelling = 'ontent-length: ';
  readonly #onAnswer: (line: Line, status: string) => void;

  constructor(socket: Socket, onAnswer: (line: Line, status: string) => void) {
    this.socket = socket;
    this.#onAnswer = onAnswer;
    socket.setNoDelay(true).on('data', (bytes: Buffer) => this.#take(bytes.toString('latin1')));
  }

  #take(text: string): void {
    const all = this.#rest === '' ? text : this.#rest + text;
    let at = 0;
    for (;;) {
      const head = all.indexOf(headEnd, at);
      if (head < 0) break;
      const end = head + headEnd.length + this.#lengthIn(all, at, head);
      if (end > all.length) break;
      this.#onAnswer(this, all.slice(at + 9, at + 12));
      at = end;
    }
    this.#rest = at === all.length ? '' : all.slice(at);
  }

  /** Each library spells the name its way, and always the same. */
  #lengthIn(all: string, from: number, to: number): number {
    let at = all.indexOf(this.#spelling, from);
    if (at < 0 || at > to) {
      this.#spelling = this.#spelling === 'ontent-length: ' ? 'ontent-Length: ' : 'ontent-length: ';
      at = all.indexOf(this.#spelling, from);
      if (at < 0 || at > to) throw new Error(`an answer without a length: ${all.slice(from, to)}`);
    }
    return Number.parseInt(all.slice(at + this.#spelling.length, at + this.#spelling.length + 10), 10);
  }
}

/** A request as bytes. `content-length` is there when there is a body. */
export function requestText(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): string {
  const lines = Object.entries({
    host: '127.0.0.1',
    accept: 'application/json',
    ...headers,
    ...(body === ''
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
