/** Reading and discarding request bodies of node:http. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '../../../engine/limits.ts';
import { clientGone, tooLarge } from './server.ts';

/**
 * Reads a body of at most `bytesMax`. A declared length that is too large is refused before a byte is read.
 * @param goOn tells a client that asked first (`Expect: 100-continue`) to send
 */
export function readNodeBody(
  request: IncomingMessage,
  goOn: () => void,
  bytesMax: number,
): Promise<Uint8Array> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > bytesMax) return Promise.reject(tooLarge(bytesMax));
  goOn();
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const finish = (outcome: () => void) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      outcome();
    };
    const onData = (chunk: Uint8Array) => {
      length += chunk.length;
      if (length > bytesMax) finish(() => reject(tooLarge(bytesMax)));
      else chunks.push(chunk);
    };
    const onEnd = () => finish(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    const onClose = () => finish(() => reject(clientGone()));
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

/** Connections whose request has its answer though its body has not ended. */
const answered = new WeakSet<Socket>();

/** Whether the body that is coming in belongs to a request that was answered: a second answer would be to nothing. */
export function isAnswered(socket: Socket): boolean {
  return answered.has(socket);
}

/**
 * Throws away what is left of a body that nobody wants, so that the client is not reset before it has read its
 * answer; one that goes on sending is cut off.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  let discarded = 0;
  answered.add(request.socket);
  request.once('end', () => answered.delete(request.socket));
  request.on('error', () => undefined);
  request.on('data', (chunk: Uint8Array) => {
    discarded += chunk.length;
    if (discarded > limits.body_discard_bytes_max) request.socket.destroy();
  });
}
