/** The port of a node server: taken, handed from one server to the next, and shared with those who forgot the s. */
import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import { limits } from '../../../engine/limits.ts';

/** @returns the port, which matters when it was 0 */
export function listen(server: Server, where: ListenOptions): Promise<number> {
  return listening(server, () => server.listen(where));
}

/**
 * `next` listens where `old` did, on the same socket of the operating system, so that no connection finds the port
 * closed and nobody else can take it in between. Connections that `old` accepted stay with it.
 */
export async function takeOver(next: Server, old: Server): Promise<void> {
  await listening(next, () => next.listen(old));
  // The handle is the next one's now; closing the old server must not close it.
  (old as unknown as { _handle: object | null })._handle = null;
}

function listening(server: Server, begin: () => void): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
    begin();
  });
}

/** First byte of every TLS connection: a record of type handshake (RFC 8446, section 5.1). */
const HANDSHAKE = 0x16;

/**
 * Lets a TLS server look at the first byte of each connection: one that speaks plain HTTP gets an answer it can read,
 * instead of an alert that its library reports as a riddle.
 * @returns every connection that is open, of whichever kind and however far it has come
 */
export function tellPlainClients(server: Server, tell: (socket: Socket) => void): ReadonlySet<Socket> {
  const open = new Set<Socket>();
  const startHandshake = server.listeners('connection')[0] as (socket: Socket) => void;
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const giveUp = (): void => void socket.destroy();
    socket.setTimeout(limits.handshake_timeout_ms, giveUp);
    socket.on('error', giveUp);
    socket.once('data', (first: Buffer) => {
      socket.setTimeout(0);
      socket.off('timeout', giveUp);
      socket.pause();
      if (first[0] !== HANDSHAKE) {
        tell(socket);
        return;
      }
      socket.off('error', giveUp);
      // The TLS layer takes what was read already from the buffer of the socket that it wraps.
      socket.unshift(first);
      startHandshake.call(server, socket);
    });
  });
  return open;
}
