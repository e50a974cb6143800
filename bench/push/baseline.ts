/** What a push cannot do without, bare: an echo over mutual TLS, an authenticated call, a one-statement commit. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import postgres from 'postgres';
import { WebSocket } from 'ws';
import { assetPath } from '../../engine/asset.ts';
import { createAuthority, loadAuthority } from '../../engine/pki/authority.ts';
import { issueDeviceCertificate, issueServerCertificate } from '../../engine/pki/certificate.ts';
import { readCsr } from '../../engine/pki/csr.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { openStore } from '../../storage/postgres/store.ts';
import { HttpClient } from '../load/http.ts';
import { makeScannerKey } from '../scanner/keys.ts';
import type { BareSettings } from './bare-server.ts';

/** Each resolves when its thing is done once. */
export interface Baseline {
  /** A frame there and back. */
  echo(): Promise<void>;
  /** A call whose token is checked every time. */
  http(): Promise<void>;
  /** A call whose token was checked before. */
  httpRemembered(): Promise<void>;
  /** One INSERT of a challenge's row, durable. */
  commit(): Promise<void>;
  close(): Promise<void>;
}

/** The body of the call, the same on both sides. */
export const callBody = {
  external_user_id: 'person-0',
  hardware_id: 'bench-0',
  metadata: { document_id: 'doc-0' },
};

/** About as long as the frame of a challenge. */
const FRAME_BYTES = 480;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** @param folder for the PostgreSQL cluster of the baseline: same binaries and settings as the engine's */
export async function startBaseline(folder: string): Promise<Baseline> {
  const [echo, http, database] = await Promise.all([bareEcho(FRAME_BYTES), bareHttp(), bareDatabase(folder)]);
  return {
    ...echo.does,
    ...http.does,
    ...database.does,
    async close() {
      echo.close();
      http.close();
      await database.close();
    },
  };
}

async function startBare(settings: BareSettings): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(assetPath('dist', 'bench', 'push', 'bare-server.js'));
  child.send(settings);
  const [port] = (await once(child, 'message')) as [number];
  return { child, port };
}

/** @param bytes of the frame that goes there and back */
export async function bareEcho(bytes: number) {
  const shared = { now: Date.now(), random: systemRandom };
  const made = await createAuthority({ ...shared, generation: 1, deployment: 'bench' });
  const authority = await loadAuthority(made);
  const server = await issueServerCertificate(authority, { ...shared, names: ['127.0.0.1'] });
  const key = await makeScannerKey('bench');
  const { publicKey } = await readCsr(key.csrPem);
  const device = await issueDeviceCertificate(authority, {
    ...shared,
    tenantId: systemRandom.uuid(),
    deviceId: systemRandom.uuid(),
    publicKey,
    validityDays: 1,
  });
  const ca = authority.certificatePem;
  const { child, port } = await startBare({ kind: 'echo', ca, cert: server.pem, key: server.privateKeyPem });
  const socket = new WebSocket(`wss://127.0.0.1:${port}`, {
    ca,
    cert: device.pem,
    key: key.keyPem,
    perMessageDeflate: false,
  });
  await once(socket, 'open');
  const frame = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'echo', params: 'x'.repeat(bytes) });
  const does = {
    echo: () =>
      new Promise<void>((resolve) => {
        socket.once('message', (data) => {
          JSON.parse(data.toString());
          resolve();
        });
        socket.send(frame);
      }),
  };
  const close = (): void => {
    socket.terminate();
    child.disconnect();
  };
  return { does, close };
}

async function bareHttp() {
  const issuer = 'urn:thenar:bench';
  const audience = issuer;
  const { publicKey, privateKey } = await generateKeyPair('RS256', { modulusLength: 2_048 });
  const token = await new SignJWT({ client_id: 'bench', tenant_id: 'bench', scope: 'challenges:write' })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
  const { child, port } = await startBare({
    kind: 'http',
    publicKey: await exportJWK(publicKey),
    issuer,
    audience,
  });
  const client = new HttpClient(`http://127.0.0.1:${port}`, token);
  const post = async (path: string): Promise<void> => {
    const { status } = await client.post(path, callBody);
    if (status !== 201) throw new Error(`the bare server answered ${status}`);
  };
  const does = { http: () => post('/verified'), httpRemembered: () => post('/remembered') };
  const close = (): void => {
    client.close();
    child.disconnect();
  };
  return { does, close };
}

/** @param folder for the cluster */
export async function bareDatabase(folder: string) {
  const server = await startEmbedded({ dataDir: join(folder, 'bare'), log: silent, clock: systemClock });
  // Only to have the engine's schema: the row and its indexes are the same.
  const store = await openStore({
    database: server.connection,
    clock: systemClock,
    random: systemRandom,
    log: silent,
  });
  await store.close();
  const sql = postgres({ ...server.connection, max: 1, onnotice: () => {} });
  const tenant = systemRandom.uuid();
  const device = systemRandom.uuid();
  const does = {
    async commit() {
      const now = new Date();
      await sql`INSERT INTO challenges (challenge_id, tenant_id, type, user_id, external_user_id, device_id,
        hardware_id, replace, status, metadata, created_at, expires_at, attempts, version)
        VALUES (${systemRandom.uuid()}, ${tenant}, 'verify', ${systemRandom.uuid()}, 'person-0', ${device},
        'bench-0', false, 'pending', ${sql.json(callBody.metadata)}, ${now}, ${new Date(+now + 300_000)}, 0, 1)`;
    },
  };
  const close = async (): Promise<void> => {
    await sql.end();
    await server.stop();
  };
  return { does, close };
}
