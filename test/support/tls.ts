/** What TLS clients see of a listener, and REST over HTTPS with a CA of the test's own. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import type { Json } from './node.ts';

export interface SecureReply {
  readonly status: number;
  readonly json: Json;
  readonly code: string | null;
  /** Fingerprint of the certificate that answered. */
  readonly fingerprint: string;
}

/** One request on a connection of its own. @throws Error unless the certificate is of `ca` and for localhost */
export async function secureRest(
  url: string,
  ca: string,
  method: string,
  path: string,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
): Promise<SecureReply> {
  const text = options.body === undefined ? '' : JSON.stringify(options.body);
  const request = httpsRequest({
    host: '127.0.0.1',
    port: new URL(url).port,
    servername: 'localhost',
    ca,
    agent: false,
    method,
    path,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...options.headers,
    },
  });
  request.end(text);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const fingerprint = hex((response.socket as TLSSocket).getPeerX509Certificate());
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const json = JSON.parse(Buffer.concat(chunks).toString());
  return { status: response.statusCode ?? 0, json, code: json.error?.code ?? null, fingerprint };
}

/** Fingerprint of the certificate a listener shows to whoever asks for `servername`; '' asks for none. */
export async function shownFingerprint(url: string, servername = ''): Promise<string> {
  const socket = connect({
    host: '127.0.0.1',
    port: Number(new URL(url).port),
    servername,
    rejectUnauthorized: false,
  });
  // A listener that wants a client certificate ends the connection a moment later.
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  const fingerprint = hex(socket.getPeerX509Certificate());
  socket.destroy();
  return fingerprint;
}

export interface Asked {
  /** The JSON answered, or null when the connection was refused. */
  readonly answer: Record<string, unknown> | null;
  readonly resumed: boolean;
  /** The last ticket: TLS 1.3 sends them after the handshake. */
  readonly session: Buffer | undefined;
}

/** One request over a fresh TLS connection of a client with a certificate. */
export async function askOver(socket: TLSSocket): Promise<Asked> {
  let text = '';
  let resumed = false;
  let session: Buffer | undefined;
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.on('secureConnect', () => {
    resumed = socket.isSessionReused();
  });
  socket.on('session', (ticket) => {
    session = ticket;
  });
  socket.write('GET /v1/any HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  const body = text.split('\r\n\r\n')[1];
  return {
    answer: body === undefined ? null : JSON.parse(/\{.*\}/.exec(body)?.[0] ?? 'null'),
    resumed,
    session,
  };
}

function hex(certificate: { readonly fingerprint256: string } | undefined): string {
  return (certificate?.fingerprint256 ?? '').replaceAll(':', '').toLowerCase();
}
