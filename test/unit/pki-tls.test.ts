import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import t from 'tap';
import { type Authority, createAuthority, loadAuthority } from '../../engine/pki/authority.ts';
import { issueDeviceCertificate, issueServerCertificate } from '../../engine/pki/certificate.ts';
import { CertificateView } from '../../engine/pki/certificateView.ts';
import { systemRandom } from '../../engine/system.ts';

const now = Date.now();
const random = systemRandom;

async function authority(generation: number): Promise<Authority> {
  return loadAuthority(await createAuthority({ now, random, generation, deployment: 'test' }));
}

async function device(from: Authority, kind: 'ec' | 'rsa') {
  const pair =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 3_072 });
  const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' });
  const names = { tenantId: 'tenant', deviceId: `device-${kind}` };
  const issued = await issueDeviceCertificate(from, { ...names, publicKey, now, validityDays: 90, random });
  return { ...names, ...issued, key: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string };
}

t.test('mutual TLS with issued certificates', async (t) => {
  const platform = await authority(1);
  const own = await issueServerCertificate(platform, { names: ['localhost', '127.0.0.1'], now, random });
  const server = createServer({
    key: own.privateKeyPem,
    cert: own.pem,
    ca: platform.certificatePem,
    requestCert: true,
    // Taken in to be looked at: Node tells why it refuses only of connections it accepted.
    rejectUnauthorized: false,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const view = new CertificateView();

  for (const kind of ['ec', 'rsa'] as const) {
    const client = await device(platform, kind);
    view.set({ ...client, deniedAt: null, denyReason: null });
    for (const version of ['TLSv1.2', 'TLSv1.3'] satisfies SecureVersion[]) {
      const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
      const options = { ca: platform.certificatePem, minVersion: version, maxVersion: version } as const;
      const socket = connect({ port, host: '127.0.0.1', key: client.key, cert: client.pem, ...options });
      const [[seen]] = await Promise.all([accepted, once(socket, 'secureConnect')]);
      t.equal(seen.authorized, true);
      const fingerprint = seen.getPeerX509Certificate()!.fingerprint256.replaceAll(':', '').toLowerCase();
      const check = view.check(fingerprint, now, new Set([1]));
      t.match(check, { ok: true, certificate: { deviceId: client.deviceId } }, `${kind} over ${version}`);
      seen.destroy();
      socket.destroy();
    }
  }

  const stranger = await device(await authority(1), 'ec');
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
  const options = { ca: platform.certificatePem, key: stranger.key, cert: stranger.pem };
  const socket = connect({ port, host: '127.0.0.1', ...options });
  const [seen] = await accepted;
  t.equal(seen.authorized, false, 'a CA of the same name does not help: its key is another');
  t.ok(seen.authorizationError);
  seen.destroy();
  socket.destroy();
});
