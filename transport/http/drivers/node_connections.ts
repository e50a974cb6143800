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
  /** Looks whether its reader takes anything; there while it has something unread. */
  watch: NodeJS.Timeout | null;
  /** What was left at the last look, and what has come since. */
  seen: number;
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
    connection.seen += bytes;
    this.#unread += bytes;
    this.#slow.add(socket);
    if (connection.watch === null) this.#watch(socket, connection);
    response.once('finish', () => this.#taken(socket, bytes));
    for (const longest of this.#slow) {
      if (this.#unread <= limits.answers_unread_all_bytes_max) break;
      this.#forget(longest);
      longest.destroy();
    }
  }

  /** The socket's own time-out would not do: whatever a client sends counts for it, so that one who trickles may stay. */
  #watch(socket: Socket, connection: Connection): void {
    connection.seen = leftOf(socket, connection);
    connection.watch = setTimeout(() => {
      if (leftOf(socket, connection) < connection.seen) this.#watch(socket, connection);
      else socket.destroy();
    }, this.#stallMs);
  }

  #of(socket: Socket): Connection {
    let connection = this.#open.get(socket);
    if (connection === undefined) {
      connection = { requests: 0, unread: 0, watch: null, seen: 0 };
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
    if (connection.unread === 0) this.#forget(socket);
  }

  #forget(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    this.#unread -= connection.unread;
    connection.unread = 0;
    if (connection.watch !== null) clearTimeout(connection.watch);
    connection.watch = null;
    this.#slow.delete(socket);
  }

  #closed(socket: Socket): void {
    this.#forget(socket);
    for (let left = this.#open.get(socket)?.requests ?? 0; left > 0; left -= 1) this.inFlight.end();
    this.#open.delete(socket);
  }
}

/** Less when its reader has taken something: of the write under way, or all of an answer. */
function leftOf(socket: Socket, { unread }: Connection): number {
  const { _handle: handle } = socket as unknown as {
    readonly _handle: { readonly writeQueueSize: number } | null;
  };
  return unread + (handle?.writeQueueSize ?? 0);
}
