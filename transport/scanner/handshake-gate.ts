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
 * end; in turn, all do. A connection that waited longer than scanners are asked to wait has given up, and is dropped.
 */
export class HandshakeGate {
  readonly #clock: Clock;
  readonly #begin: (socket: Socket) => void;
  /** With when each connection came; `Clock.monotonic()` milliseconds. */
  readonly #running = new Map<Socket, number>();
  #waiting: Waiting[] = [];
  #refused = 0;

  /** @param begin starts the handshake on a raw connection */
  constructor(clock: Clock, begin: (socket: Socket) => void) {
    this.#clock = clock;
    this.#begin = begin;
  }

  /** `refused`: found no place, or waited too long for their turn. */
  get counts(): { readonly running: number; readonly waiting: number; readonly refused: number } {
    return { running: this.#running.size, waiting: this.#waiting.length, refused: this.#refused };
  }

  enter(socket: Socket): void {
    if (this.#running.size < limits.handshakes_at_once_max) {
      this.#start(socket, this.#clock.monotonic());
    } else if (this.#waiting.length < limits.handshakes_waiting_max) {
      this.#waiting.push({ socket, since: this.#clock.monotonic() });
    } else {
      this.#refused += 1;
      socket.destroy();
    }
  }

  /**
   * The handshake on this connection ended, or the connection did; the next one may begin. Safe to call twice.
   * @returns milliseconds since the connection came; null when no handshake was running on it
   */
  leave(socket: Socket): number | null {
    const since = this.#running.get(socket);
    if (since === undefined) return null;
    this.#running.delete(socket);
    const now = this.#clock.monotonic();
    this.#startWaiting(now - limits.handshake_wait_ms);
    return now - since;
  }

  /** @param oldest those that came before gave up */
  #startWaiting(oldest: number): void {
    while (this.#running.size < limits.handshakes_at_once_max) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next.socket.destroyed) continue;
      if (next.since >= oldest) {
        this.#start(next.socket, next.since);
        continue;
      }
      this.#refused += 1;
      next.socket.destroy();
    }
  }

  /** Drops what waits: the listener is closing. */
  close(): void {
    for (const { socket } of this.#waiting) socket.destroy();
    this.#waiting = [];
  }

  #start(socket: Socket, since: number): void {
    this.#running.set(socket, since);
    this.#begin(socket);
  }
}
