import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '../../../engine/limits.ts';
import type { Sink } from '../message.ts';

/** A streaming reply of node:http; a reader too slow for the bound is cut off. */
export class NodeSink implements Sink {
  readonly #response: ServerResponse;
  readonly #socket: Socket;

  constructor(response: ServerResponse, socket: Socket) {
    this.#response = response;
    this.#socket = socket;
  }

  write(chunk: string): boolean {
    if (this.#socket.destroyed || this.#response.destroyed || this.#response.writableEnded) return false;
    if (this.#response.writableLength > limits.socket_buffer_bytes_max) {
      this.#socket.destroy();
      return false;
    }
    this.#response.write(chunk);
    return true;
  }

  waiting(): number {
    return this.#response.writableLength;
  }

  end(): void {
    if (!this.#response.writableEnded) this.#response.end();
  }

  cut(): void {
    this.#socket.destroy();
  }

  onClose(closed: () => void): void {
    let told = false;
    const once = (): void => {
      if (told) return;
      told = true;
      this.#response.off('close', once);
      this.#socket.off('close', once);
      closed();
    };
    this.#response.once('close', once);
    // A response that waits behind another is not told when its connection closes.
    this.#socket.once('close', once);
  }
}
