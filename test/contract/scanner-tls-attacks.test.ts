/** What a client may try at the handshake of the device listener, with certificates and without. */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { certificateLibrary } from '../../engine/pki/library.ts';
import { type Identity, TestAuthority } from '../support/certificates.ts';
import { DEVICE, TENANT } from '../support/fake-sessions.ts';
import { ScannerWorld } from '../support/scanner-world.ts';
import { askOver } from '../support/tls.ts';

const x509 = certificateLibrary();
const device = { tenantId: TENANT, deviceId: DEVICE };
const versions = ['TLSv1.2', 'TLSv1.3'] as const;

const world = await ScannerWorld.start();
t.teardown(() => world.stop());
const { pki } = world;

/** Memory would take it: whatever refuses it has looked at the certificate. */
function known(identity: Identity): Identity {
  world.fake.known.add(identity.fingerprint);
  return identity;
}

/** A client that lets itself show what OpenSSL would not even load. */
const weak = { ciphers: 'DEFAULT@SECLEVEL=0' } as const;

async function isRefused({ certPem, keyPem }: Identity, name: string): Promise<void> {
  for (const version of versions) {
    const options = { ...weak, cert: certPem, key: keyPem, minVersion: version, maxVersion: version };
    t.equal((await askOver(world.rawTls(options))).answer, null, `${name}, ${version}`);
  }
}

async function isTaken({ certPem, keyPem, fingerprint }: Identity, name: string): Promise<void> {
  for (const version of versions) {
    const options = { cert: certPem, key: keyPem, minVersion: version, maxVersion: version };
    const { answer } = await askOver(world.rawTls(options));
    t.match(answer, { fingerprint }, `${name}, ${version}`);
  }
}

t.test('RSA keys are held to the same as EC keys', async () => {
  const rsa = { ...device, key: 'rsa' } as const;
  await isTaken(known(await pki.device(rsa)), 'that stands');
  await isRefused(await pki.device(rsa), 'unknown to memory');
  await isRefused(known(await (await TestAuthority.make()).device(rsa)), 'of another CA of the same name');
  await isRefused(known(await pki.device({ ...rsa, fromDays: -200 })), 'expired');
  await isRefused(known(await pki.device({ ...rsa, fromDays: 10 })), 'not yet valid');
  const revoked = known(await pki.device(rsa));
  world.fake.refusals.set(revoked.fingerprint, 'device_certificate_revoked');
  await isRefused(revoked, 'revoked');
});

t.test('the CA signs, and still it is not enough', async () => {
  const only = (usage: string) => ({ extensions: [new x509.ExtendedKeyUsageExtension([usage])] });
  const { ocspSigning, codeSigning } = x509.ExtendedKeyUsage;
  await isTaken(known(await pki.forged()), 'as it should be');
  await isRefused(known(await pki.forged(only(ocspSigning))), 'for OCSP answers');
  await isRefused(known(await pki.forged(only(codeSigning))), 'for code');
  await isRefused(known(await pki.forged({ hash: 'SHA-1' })), 'signed with SHA-1');
  const clientAuth = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]);
  const strange = new x509.Extension('1.2.3.4.5', true, Uint8Array.of(5, 0));
  await isRefused(known(await pki.forged({ extensions: [clientAuth, strange] })), 'a critical extension');
  const ca = new x509.BasicConstraintsExtension(true, 0, true);
  await isRefused(known(await pki.forged({ extensions: [ca, clientAuth] })), 'a CA for clients');
});

t.test('a serial that stands says nothing about another certificate', async (t) => {
  const own = new x509.X509Certificate(world.identity.certPem);
  const twin = await pki.forged({ serialNumber: own.serialNumber });
  await isRefused(twin, 'of the same CA and serial');
  t.match((await askOver(world.rawTls())).answer, { fingerprint: world.identity.fingerprint });
});

t.test('no chain leads past the CA itself', async () => {
  await isRefused(known(await pki.forged({ issuer: world.identity })), 'signed by a scanner');
  const ca = new x509.BasicConstraintsExtension(true, undefined, true);
  const below = await pki.forged({ extensions: [ca], serialNumber: '4000000000000000000000000000000b' });
  await isRefused(known(await pki.forged({ issuer: below })), 'of a CA below ours, whose path length is 0');
  // Another CA's certificate in the chain makes it no CA of ours.
  const foreign = await TestAuthority.make();
  const stranger = known(await foreign.device(device));
  await isRefused({ ...stranger, certPem: stranger.certPem + foreign.caPem }, 'that brings its CA along');
});

t.test('a handshake is had once: nobody changes the certificate on the way', async (t) => {
  const socket = world.rawTls({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
  await once(socket, 'secureConnect');
  const ended = new Promise<string>((resolve) => {
    socket.on('error', () => resolve('refused'));
    socket.on('close', () => resolve('refused'));
    socket.renegotiate({ rejectUnauthorized: false }, (error) =>
      resolve(error === null ? 'renegotiated' : 'refused'),
    );
  });
  t.equal(await ended, 'refused');
  socket.destroy();
});

t.test('old versions of TLS', async (t) => {
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const old = { ...weak, minVersion: version, maxVersion: version };
    t.equal((await askOver(world.rawTls(old))).answer, null, version);
  }
});

t.test('whatever name is asked for, the certificate of the platform CA is shown', async (t) => {
  const { fingerprint } = await world.pki.server('localhost');
  t.ok(fingerprint);
  const names = [
    'evil.example',
    '*',
    '*.example',
    'a'.repeat(255),
    'xn--wnx.example',
    '__proto__',
    'LOCALHOST',
  ];
  const shown = new Set<string>();
  for (const servername of names) {
    const socket = world.rawTls({ servername, checkServerIdentity: () => undefined });
    await once(socket, 'secureConnect');
    shown.add(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
    t.match(
      (await askOver(socket)).answer,
      { fingerprint: world.identity.fingerprint },
      servername.slice(0, 20),
    );
  }
  t.equal(shown.size, 1);
});

t.test('a protocol that is not spoken here is refused, and no answer is given in it', async (t) => {
  const withProtocols = (...ALPNProtocols: string[]): TLSSocket => world.rawTls({ ALPNProtocols });
  for (const nonsense of [['h2'], ['spdy/3', 'acme-tls/1'], ['\u0000'], ['x'.repeat(255)]]) {
    t.equal((await askOver(withProtocols(...nonsense))).answer, null, JSON.stringify(nonsense).slice(0, 12));
  }
  const both = withProtocols('h2', 'http/1.1');
  await once(both, 'secureConnect');
  t.equal(both.alpnProtocol, 'http/1.1');
  t.match((await askOver(both)).answer, { fingerprint: world.identity.fingerprint });
});

t.test('what is no TLS at all is cut off, and every place is given back', async (t) => {
  for (const garbage of [
    'GET /v1/scanner HTTP/1.1\r\nHost: a\r\n\r\n',
    '\u0016\u0003\u0001\u00ff\u00ff',
    '\u0000'.repeat(600),
  ]) {
    const socket = connectTcp(world.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    const closed = once(socket, 'close');
    socket.write(Buffer.from(garbage, 'latin1'));
    // A record that never ends would be waited for, for as long as a handshake may take.
    if (garbage.startsWith('\u0016')) socket.end();
    await closed;
  }
  t.same(world.listener.handshakes(), { running: 0, waiting: 0, refused: 0 });
  await isTaken(world.identity, 'whoever belongs here');
});
