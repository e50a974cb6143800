/** Bare servers for whoever compares with them: an echo over mutual TLS, and an authenticated HTTP server. */
import { once } from 'node:events';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { createAuthority, loadAuthority } from '../../engine/pki/authority.ts';
import { issueDeviceCertificate, issueServerCertificate } from '../../engine/pki/certificate.ts';
import { readCsr } from '../../engine/pki/csr.ts';
import { systemRandom } from '../../engine/system.ts';
import { type Peer, startPeer } from '../harness/peer.ts';
import { makeScannerKey } from '../scanner/keys.ts';
import type { BareSettings } from './bare-server.ts';

function startBare(settings: BareSettings): Promise<Peer<number>> {
  return startPeer(new URL('./bare-server.js', import.meta.url), settings);
}

export interface BareEcho {
  /** A text frame there and back. */
  echo(): Promise<void>;
  /** A binary frame there, a short answer back. */
  scan(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** @param bytes of the text frame that goes there and back */
export async function bareEcho(bytes: number): Promise<BareEcho> {
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
  const peer = await startBare({ kind: 'echo', ca, cert: server.pem, key: server.privateKeyPem });
  const socket = new WebSocket(`wss://127.0.0.1:${peer.ready}`, {
    ca,
    cert: device.pem,
    key: key.keyPem,
    perMessageDeflate: false,
  });
  await once(socket, 'open');
  const exchange = (frame: string | Buffer): Promise<void> =>
    new Promise((resolve) => {
      socket.once('message', (data) => {
        JSON.parse(data.toString());
        resolve();
      });
      socket.send(frame);
    });
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'echo', params: 'x'.repeat(bytes) });
  return {
    echo: () => exchange(text),
    scan: (length) => exchange(Buffer.alloc(length)),
    async close() {
      socket.terminate();
      await peer.stop();
    },
  };
}

export interface BareHttp {
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** A server that answers only to the token. */
export async function bareHttp(): Promise<BareHttp> {
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
  const peer = await startBare({ kind: 'http', publicKey: await exportJWK(publicKey), issuer, audience });
  return { url: `http://127.0.0.1:${peer.ready}`, token, stop: () => peer.stop() };
}
