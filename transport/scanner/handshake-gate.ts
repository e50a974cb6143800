import type { Socket } from 'node:net';
import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';

interface Waiting {
  readonly socket: Socket;
  /** `Clock.monotonic()` milliseconds. */
  readonly since: number;
}

/**
 * Lets a bounded number of TLS handshakes run at once; others wait in the order they came. When every scanner
 * reconnects in the same second, all handshakes at once would each take longer than their time-out, and none would
 * end; in turn, all do. A connection that waited longer than a handshake may take has given up, and is dropped.
 */
export class HandshakeGate {
  readonly #clock: Clock;
  readonly #begin: (socket: Socket) => void;
  readonly #running = new Set<Socket>();
  #waiting: Waiting[] = [];
  #refused = 0;

  /** @param begin starts the handshake on a raw connection */
  constructor(clock: Clock, begin: (socket: Socket) => void) {
    this.#clock = clock;
    this.#begin = begin;
  }

  get counts(): { readonly running: number; readonly waiting: number; readonly refused: number } {
    return { running: this.#running.size, waiting: this.#waiting.length, refused: this.#refused };
  }

  enter(socket: Socket): void {
    if (this.#running.size < limits.handshakes_at_once_max) {
      this.#start(socket);
    } else if (this.#waiting.length < limits.handshakes_waiting_max) {
      this.#waiting.push({ socket, since: this.#clock.monotonic() });
    } else {
      this.#refused += 1;
      socket.destroy();
    }
  }

  /** The handshake on this connection ended, or the connection did; the next one may begin. Safe to call twice. */
  leave(socket: Socket): void {
    if (!this.#running.delete(socket)) return;
    const oldest = this.#clock.monotonic() - limits.handshake_timeout_ms;
    while (this.#running.size < limits.handshakes_at_once_max) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next.socket.destroyed) continue;
      if (next.since < oldest) next.socket.destroy();
      else this.#start(next.socket);
    }
  }

  /** Drops what waits: the listener is closing. */
  close(): void {
    for (const { socket } of this.#waiting) socket.destroy();
    this.#waiting = [];
  }

  #start(socket: Socket): void {
    this.#running.add(socket);
    this.#begin(socket);
  }
}
