import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Server, WebSocketServer } from 'ws';
import type { ErrorCode } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { ScannerSocket } from './socket.ts';

export const SCANNER_PATH = '/v1/scanner';
export const SUBPROTOCOL = 'thenar.scanner.v1';

/** The WebSocket layer of the scanner protocol; it owns no listener. */
export function scannerSockets(): Server<typeof ScannerSocket> {
  // closeTimeout is newer than the published types.
  const closeTimeout = { closeTimeout: limits.scanner_close_timeout_ms };
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.frame_bytes_max,
    maxFragments: limits.frame_fragments_max,
    // Pings are counted against the scanner's rate before they are answered.
    autoPong: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    WebSocket: ScannerSocket,
    ...closeTimeout,
  });
}

/** Why this request may not become a scanner socket, or null. */
export function upgradeRefusal(
  request: IncomingMessage,
): { readonly status: number; readonly code: ErrorCode; readonly message: string } | null {
  const path = (request.url ?? '').split('?', 1)[0];
  if (path !== SCANNER_PATH) {
    return { status: 404, code: 'route_not_found', message: `Scanners connect to ${SCANNER_PATH}.` };
  }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(SUBPROTOCOL)) {
    return { status: 400, code: 'protocol_violation', message: `The subprotocol must be ${SUBPROTOCOL}.` };
  }
  return null;
}

/** Answers an upgrade request with an error in the envelope of the REST routes, and ends the connection. */
export function refuseUpgrade(
  socket: Duplex,
  refusal: { readonly status: number; readonly code: ErrorCode; readonly message: string },
  requestId: string,
): void {
  const { status, code, message } = refusal;
  const body = JSON.stringify({ success: false, message, error: { code, message } });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
