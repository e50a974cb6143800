import type { ServerResponse } from 'node:http';
import { limits } from '../../../engine/limits.ts';
import type { Sink } from '../message.ts';

/** A streaming reply of node:http; a reader too slow for the bound is cut off. */
export class NodeSink implements Sink {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  write(chunk: string): boolean {
    if (this.#response.destroyed || this.#response.writableEnded) return false;
    if (this.#response.writableLength > limits.socket_buffer_bytes_max) {
      this.#response.destroy();
      return false;
    }
    this.#response.write(chunk);
    return true;
  }

  end(): void {
    if (!this.#response.writableEnded) this.#response.end();
  }

  onClose(closed: () => void): void {
    this.#response.once('close', closed);
  }
}
