import { type RawData, WebSocket } from 'ws';
import { limits } from '../../engine/limits.ts';
import type { ScannerConnection } from './connection.ts';

/** A control frame carries 125 bytes, two of them the code (RFC 6455 §5.5). */
const REASON_BYTES_MAX = 123;

/** A WebSocket that knows its scanner. The listeners below are shared, so an idle socket holds no closure of ours. */
export class ScannerSocket extends WebSocket {
  connection: ScannerConnection | null = null;

  /** From here on the socket's events go to `connection`. */
  attach(connection: ScannerConnection): void {
    this.connection = connection;
    this.on('message', onMessage);
    this.on('ping', onPing);
    this.on('pong', onPong);
    this.on('error', onError);
    this.on('close', onClose);
  }

  /** More waits to be read by the scanner than one socket may hold in memory. */
  get slow(): boolean {
    return this.bufferedAmount > limits.socket_buffer_bytes_max;
  }

  /** As `close`, with the reason cut to what a close frame holds, at a character's boundary. */
  closeFor(code: number, reason: string): void {
    // Paused, it would never read the close frame that the scanner answers with.
    if (this.isPaused) this.resume();
    const cut = Buffer.from(reason).subarray(0, REASON_BYTES_MAX);
    this.close(code, new TextDecoder().decode(cut, { stream: true }));
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  // `binaryType` stays "nodebuffer", so data is one Buffer.
  (this as ScannerSocket).connection?.receive(data as Buffer, isBinary);
}

function onPing(this: WebSocket, data: Buffer): void {
  (this as ScannerSocket).connection?.pinged(data);
}

function onPong(this: WebSocket): void {
  (this as ScannerSocket).connection?.ponged();
}

function onError(this: WebSocket, error: Error): void {
  (this as ScannerSocket).connection?.broken(error);
}

function onClose(this: WebSocket, code: number): void {
  const socket = this as ScannerSocket;
  socket.connection?.closed(code);
  socket.connection = null;
}
