/** Requests of commands to the running engine of this machine, over HTTP or HTTPS. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { ThenarError } from '../../engine/errors.ts';

export interface EngineReply {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
}

export type EngineRequest = (
  path: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
) => Promise<EngineReply>;

const DEFAULT_URL = 'http://127.0.0.1:8080';

/**
 * POST requests to the public listener: at `url` as any client would, otherwise at the engine that runs on the data
 * dir. Its certificate is for names of the world, not for this machine's loopback, so there the engine is known by
 * the fingerprint that it left in a file only its owner can read.
 */
export function engineRequests(dataDir: string, url: string | undefined): EngineRequest {
  if (url !== undefined) return (...asked) => plainPost(url, ...asked);
  const running = readNode(dataDir);
  const base = running?.public ?? DEFAULT_URL;
  const fingerprint = running?.public_fingerprint ?? null;
  if (fingerprint === null || !base.startsWith('https:')) return (...asked) => plainPost(base, ...asked);
  return (...asked) => pinnedPost(new URL(base), fingerprint, ...asked);
}

interface NodeFile {
  readonly public: string;
  readonly public_fingerprint: string | null;
}

function readNode(dataDir: string): NodeFile | null {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'node.json'), 'utf8')) as NodeFile;
  } catch {
    return null;
  }
}

async function plainPost(
  base: string,
  ...[path, headers, body]: Parameters<EngineRequest>
): Promise<EngineReply> {
  const response = await fetch(new URL(path, base), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    cookies: response.headers.getSetCookie(),
    body: (await response.json()) as EngineReply['body'],
  };
}

async function pinnedPost(
  base: URL,
  fingerprint: string,
  ...[path, headers, body]: Parameters<EngineRequest>
): Promise<EngineReply> {
  const socket = await connectPinned(base, fingerprint);
  const text = JSON.stringify(body);
  const request = httpRequest({
    createConnection: () => socket,
    method: 'POST',
    path,
    headers: {
      host: base.host,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
      ...headers,
    },
  });
  request.end(text);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    cookies: response.headers['set-cookie'] ?? [],
    body: JSON.parse(Buffer.concat(chunks).toString()) as EngineReply['body'],
  };
}

/** Nothing is sent before the other end has shown the certificate it must have. */
async function connectPinned({ hostname, port }: URL, fingerprint: string): Promise<TLSSocket> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const shown = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
  if (shown === fingerprint) return socket;
  socket.destroy();
  throw new ThenarError('forbidden', `What listens at ${host}:${port} is not the engine of this data dir.`);
}
