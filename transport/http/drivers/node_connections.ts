/** What is under way on the connections of a node server, and answers that their readers do not take. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '../../../engine/limits.ts';
import { InFlight } from './server.ts';

interface Connection {
  /** Requests whose response is not over. */
  requests: number;
  /** Bytes of answers that the operating system has not taken yet, about. */
  unread: number;
}

/**
 * Node tells a response that its connection has closed only when it is the one being written: those that wait behind
 * it, of a client that sent several requests at once, hear nothing. So what belongs to a connection is counted by
 * connection, and ends with it.
 */
export class Connections {
  readonly inFlight = new InFlight();
  readonly #open = new Map<Socket, Connection>();
  /** Those that have answers unread, the longest waiting first. */
  readonly #slow = new Set<Socket>();
  readonly #stallMs: number;
  #unread = 0;

  constructor(stallMs: number = limits.answer_stall_ms) {
    this.#stallMs = stallMs;
  }

  begin(socket: Socket): void {
    this.#of(socket).requests += 1;
    this.inFlight.begin();
  }

  end(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined || connection.requests === 0) return;
    connection.requests -= 1;
    this.inFlight.end();
  }

  /**
   * After an answer was written: when its reader has not taken all of it, it is given time, but neither for ever nor
   * for any number of answers. Node itself stops reading from such a connection, but answers first what it has read,
   * which may be a thousand requests in one packet.
   */
  written(socket: Socket, response: ServerResponse, bytes: number): void {
    const waits = response.socket === null;
    if (socket.destroyed || (!waits && socket.writableLength === 0)) return;
    const connection = this.#of(socket);
    if (waits && connection.unread + bytes > limits.answers_unread_bytes_max) {
      socket.destroy();
      return;
    }
    connection.unread += bytes;
    this.#unread += bytes;
    this.#slow.add(socket);
    // Of no progress; it is taken back by the library with the end of the last answer.
    socket.setTimeout(this.#stallMs);
    response.once('finish', () => this.#taken(socket, bytes));
    for (const longest of this.#slow) {
      if (this.#unread <= limits.answers_unread_all_bytes_max) break;
      this.#forget(longest);
      longest.destroy();
    }
  }

  #of(socket: Socket): Connection {
    let connection = this.#open.get(socket);
    if (connection === undefined) {
      connection = { requests: 0, unread: 0 };
      this.#open.set(socket, connection);
      socket.once('close', () => this.#closed(socket));
    }
    return connection;
  }

  #taken(socket: Socket, bytes: number): void {
    const connection = this.#open.get(socket);
    if (connection === undefined || connection.unread === 0) return;
    connection.unread -= bytes;
    this.#unread -= bytes;
    if (connection.unread === 0) this.#slow.delete(socket);
  }

  #forget(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    this.#unread -= connection.unread;
    connection.unread = 0;
    this.#slow.delete(socket);
  }

  #closed(socket: Socket): void {
    this.#forget(socket);
    for (let left = this.#open.get(socket)?.requests ?? 0; left > 0; left -= 1) this.inFlight.end();
    this.#open.delete(socket);
  }
}
