/** Clients that take their time: each must be cut off by a limit, whatever else goes on. */

import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { limits } from '../../engine/limits.ts';
import type { EngineReady } from './engine.ts';
import { frame, opcode } from './websocket/frames.ts';
import { WebSocketLink } from './websocket/link.ts';

/** Between two bytes of a client that trickles. */
const TRICKLE_MS = 900;

/** The longest of the limits that end such a client, and the time between two looks for those past them. */
const PATIENCE_MS =
  Math.max(
    limits.request_timeout_ms,
    limits.headers_timeout_ms,
    limits.handshake_timeout_ms,
    limits.answer_stall_ms,
  ) +
  limits.request_deadline_ms +
  2 * limits.connections_check_interval_ms;

interface SlowClient {
  readonly name: string;
  readonly socket: Socket;
}

export class SlowClients {
  readonly #clients: SlowClient[] = [];
  readonly #timers: NodeJS.Timeout[] = [];

  /** @param scanner connects one, for what comes after its handshake */
  static async open(
    ready: EngineReady,
    each: number,
    scanner: () => Promise<TLSSocket>,
  ): Promise<SlowClients> {
    const slow = new SlowClients();
    const body =
      'POST /v1/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{';
    for (let number = 0; number < each; number += 1) {
      for (const url of [ready.publicUrl, ready.opsUrl]) {
        slow.#trickle('header', dial(url), 'GET /healthz HTTP/1.1\r\n', 'X-A: b\r\n');
        slow.#trickle('body', dial(url), body, ' ');
      }
      slow.#trickle('handshake', dial(ready.deviceUrl), '\u0016\u0003\u0001', '\u0001');
      slow.#keep('silent', dial(ready.deviceUrl));
      slow.#unread(dial(ready.publicUrl));
    }
    slow.#trickle('device header', await scanner(), 'GET /v1/challenges/pending HTTP/1.1\r\n', 'X-A: b\r\n');
    const { socket } = await WebSocketLink.open(await scanner());
    socket.write(frame(opcode.ping, Buffer.alloc(0)));
    slow.#keep('no session', socket);
    return slow;
  }

  /** Names of those that no limit has ended, after the time in which all of them should have. */
  async left(): Promise<readonly string[]> {
    for (let waited = 0; waited < PATIENCE_MS && this.#open.length > 0; waited += 500) await pause(500);
    const names = this.#open.map(({ name }) => name);
    this.close();
    return names;
  }

  get count(): number {
    return this.#clients.length;
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const { socket } of this.#clients) socket.destroy();
  }

  get #open(): readonly SlowClient[] {
    return this.#clients.filter(({ socket }) => !socket.destroyed);
  }

  #keep(name: string, socket: Socket): void {
    socket.on('error', () => undefined).on('data', () => undefined);
    this.#clients.push({ name, socket });
  }

  #trickle(name: string, socket: Socket, beginning: string, more: string): void {
    this.#keep(name, socket);
    socket.write(beginning, 'latin1');
    this.#timers.push(setInterval(() => socket.writable && socket.write(more, 'latin1'), TRICKLE_MS));
  }

  /** Asks for more than the operating system keeps, and never reads: its end shows in what it can still send. */
  #unread(socket: Socket): void {
    socket.on('error', () => undefined).pause();
    this.#clients.push({ name: 'unread', socket });
    const ask = 'GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n';
    socket.write(ask.repeat(20));
    this.#timers.push(setInterval(() => socket.writable && socket.write('\r\n'), TRICKLE_MS));
  }
}

function dial(url: string): Socket {
  return connect({ host: '127.0.0.1', port: Number(new URL(url).port), localAddress: '127.0.1.1' });
}
