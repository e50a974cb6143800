/** Whom the attacked engine knows: a tenant with scanners, and every kind of caller with credentials that are right. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import { TestIssuer } from '../../test/support/issuer.ts';
import { consoleSession } from '../../transport/client/credentials.ts';
import { createTenant } from '../demo/rest.ts';
import { pairScanners } from '../harness/target.ts';
import type { Credentials } from '../scanner/pair.ts';
import type { EngineReady } from './engine.ts';
import type { Callers } from './http/requests.ts';

export interface World {
  readonly callers: Callers;
  readonly scanners: readonly Credentials[];
  /** What no log line may hold. */
  readonly secrets: readonly string[];
}

type Headers = Readonly<Record<string, string>>;

async function send(
  base: string,
  method: string,
  path: string,
  headers: Headers,
  body: object,
): Promise<void> {
  const response = await fetch(new URL(path, base), {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

/** Rates far above what is sent: what is tried here is not the limit. */
const generous = {
  requests_per_second: 1_000_000,
  requests_burst: 1_000_000,
  scanner_calls_per_second: 10_000,
};

/** @throws Error when the engine refuses what any deployment begins with */
export async function makeWorld(
  { publicUrl: base, bootstrapFile }: EngineReady,
  scanners: number,
): Promise<World> {
  const administrator = JSON.parse(readFileSync(bootstrapFile, 'utf8')) as {
    email: string;
    password: string;
  };
  const tenant = await createTenant(base, administrator, 'Attacked');
  const spare = await createTenant(base, administrator, 'Spare');
  const console = await consoleSession(base, tenant.admin).headers(fetch);
  await send(base, 'PATCH', '/v1/tenant/config', console, generous);
  const issuer = await TestIssuer.open();
  await send(base, 'PUT', '/v1/tenant/identity-provider', console, issuer.setting);
  const wallet = await issuer.headers('auth0|fuzz');
  await send(base, 'POST', '/auth/users/register', wallet, {});
  const token = await tenant.integrator.token();
  const paired = await pairScanners(tenant, scanners, { hardware: 'fuzz' });
  return {
    callers: {
      client: { authorization: `Bearer ${token}` },
      console,
      platform: await consoleSession(base, administrator, spare.tenantId).headers(fetch),
      wallet,
    },
    scanners: paired,
    secrets: [administrator.password, tenant.integrator.client.client_secret, tenant.admin.password, token],
  };
}

/** Loopback has sixteen million addresses; limits by address are shared by those who come from one. */
function addressOf(lane: number): string {
  return `127.0.0.${2 + (lane % 250)}`;
}

/** A reset may follow in the same turn as the connection: whoever looks at errors must be there before it. */
async function opened<S extends Socket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> {
  socket.on('error', () => undefined);
  await once(socket, event);
  return socket;
}

/** Opens plain connections, each lane from an address of its own. */
export function tcpConnector(url: string, lane: number): () => Promise<Socket> {
  const port = Number(new URL(url).port);
  return async () => {
    const socket = connectTcp({ host: '127.0.0.1', port, localAddress: addressOf(lane), noDelay: true });
    return opened(socket, 'connect');
  };
}

/** Opens connections with a scanner's certificate; sessions are resumed, as scanners do. */
export function tlsConnector(url: string, lane: number, credentials: Credentials): () => Promise<TLSSocket> {
  const port = Number(new URL(url).port);
  const { certificatePem: cert, keyPem: key, caChainPem: ca } = credentials;
  // Made once: to read a key and certificates again for each connection takes as long as the handshake.
  const secureContext = createSecureContext({ cert, key, ca });
  let session: Buffer | undefined;
  return async () => {
    const resumed = session === undefined ? {} : { session };
    const where = { host: '127.0.0.1', port, localAddress: addressOf(lane) };
    const socket = connectTls({ ...where, secureContext, ...resumed });
    socket.on('session', (ticket) => {
      session = ticket;
    });
    return opened(socket, 'secureConnect');
  };
}
