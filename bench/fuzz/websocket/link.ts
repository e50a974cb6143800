/** A WebSocket by hand: whatever bytes one likes go out, and what comes back is read strictly. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { frame, opcode } from './frames.ts';

/** A server's frame that no server may send, or a handshake that is none. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
}

export class WebSocketLink {
  readonly socket: TLSSocket;
  /** Text messages that were not taken yet. */
  readonly messages: string[] = [];
  /** Code of the close frame; null: none came. */
  closeCode: number | null = null;
  ended = false;
  broken: string | null = null;
  #rest: Buffer = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  private constructor(socket: TLSSocket, rest: Buffer) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('end', () => socket.end());
    socket.once('close', () => {
      this.ended = true;
      this.#wake();
    });
    this.#take(rest);
  }

  /** Upgrades a connection on which nothing was sent yet. @throws LinkError */
  static async open(socket: TLSSocket): Promise<WebSocketLink> {
    socket.on('error', () => undefined);
    const lines = [
      'GET /v1/scanner HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      'Sec-WebSocket-Protocol: thenar.scanner.v1',
      'Sec-WebSocket-Extensions: permessage-deflate',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    let got: Buffer = Buffer.alloc(0);
    while (!got.includes('\r\n\r\n')) {
      const [bytes] = (await Promise.race([
        once(socket, 'data'),
        once(socket, 'close').then(() => [null]),
      ])) as [Buffer | null];
      if (bytes === null || !Buffer.isBuffer(bytes))
        throw new LinkError('the connection ended within the handshake');
      got = Buffer.concat([got, bytes]);
    }
    const end = got.indexOf('\r\n\r\n') + 4;
    const head = got.subarray(0, end).toString('latin1');
    if (!head.startsWith('HTTP/1.1 101 '))
      throw new LinkError(`the handshake was answered ${head.slice(0, 40)}`);
    if (/sec-websocket-extensions/i.test(head)) throw new LinkError('an extension was taken');
    return new WebSocketLink(socket, got.subarray(end));
  }

  /** Resolves with the next change: a message, or the end. */
  changed(): Promise<void> {
    if (this.messages.length > 0 || this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Answered as RFC 6455 section 5.5.1 wants it: the server waits for it. */
  #close(payload: Buffer): void {
    this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1_005;
    if (this.socket.writable) this.socket.end(frame(opcode.close, payload));
  }

  #take(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#next()) {
      // Each turn takes one frame off the front.
    }
    this.#wake();
  }

  #next(): boolean {
    const bytes = this.#rest;
    if (bytes.length < 2) return false;
    const [first = 0, second = 0] = bytes;
    const short = second & 127;
    const from = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < from) return false;
    const length =
      short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < from + length) return false;
    const payload = bytes.subarray(from, from + length);
    this.#rest = bytes.subarray(from + length);
    if ((second & 128) !== 0 || (first & 0x70) !== 0 || (first & 128) === 0)
      this.broken ??= 'a frame with bits that no server sets';
    const code = first & 15;
    if (code === opcode.text) this.messages.push(payload.toString());
    else if (code === opcode.close) this.#close(payload);
    else if (code !== opcode.ping && code !== opcode.pong) this.broken ??= `a frame of opcode ${code}`;
    return true;
  }
}
