import { once } from 'node:events';
import t from 'tap';
import { TestAuthority } from '../support/certificates.ts';
import { DEVICE, TENANT } from '../support/fake-sessions.ts';
import { ScannerWorld } from '../support/scanner-world.ts';
import { askOver } from '../support/tls.ts';

const device = { tenantId: TENANT, deviceId: DEVICE };

t.test('a certificate that stands gets through, over TLS 1.2 and 1.3', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = world.rawTls({ minVersion: version, maxVersion: version });
    t.match(
      (await askOver(socket)).answer,
      { path: '/v1/any', fingerprint: world.identity.fingerprint },
      version,
    );
  }
  t.equal(world.listener.handshakes().running, 0, 'every handshake gave its place back');
});

t.test('what must not get past the handshake', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const foreign = await TestAuthority.make();
  const cases = {
    'another CA': await foreign.device(device),
    expired: await world.pki.device({ ...device, fromDays: -200 }),
    'not yet valid': await world.pki.device({ ...device, fromDays: 10 }),
    'of a server': await world.pki.server('localhost'),
    'of the CA itself': world.pki.ca(),
    'without a purpose': await world.pki.anyPurpose(),
    'unknown to memory': await world.pki.device(device),
  };
  for (const [name, { certPem, keyPem, fingerprint }] of Object.entries(cases)) {
    // Memory would take every one of them, but for the last: the refusal must come from the certificate.
    if (name !== 'unknown to memory') world.fake.known.add(fingerprint);
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = world.rawTls({ cert: certPem, key: keyPem, minVersion: version, maxVersion: version });
      t.equal((await askOver(socket)).answer, null, `${name}, ${version}`);
    }
  }
  const none = { cert: undefined as never, key: undefined as never };
  t.equal((await askOver(world.rawTls(none))).answer, null, 'no certificate');
  const old = world.rawTls({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
  t.equal((await askOver(old)).answer, null, 'TLS 1.1');
  t.equal(world.listener.handshakes().running, 0);
});

t.test('revoked in memory: refused on full and on resumed connections', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const only = { minVersion: version, maxVersion: version };
    const { session } = await askOver(world.rawTls(only));

    const resumed = await askOver(world.rawTls({ ...only, session: session! }));
    t.match(resumed.answer, { fingerprint: world.identity.fingerprint }, version);
    t.equal(resumed.resumed, true, `${version} resumes`);

    world.fake.refusals.set(world.identity.fingerprint, 'device_certificate_revoked');
    const after = await askOver(world.rawTls({ ...only, session: session! }));
    t.equal(after.answer, null, `${version} resumed after revocation`);
    t.equal(after.resumed, true, 'though the resumption itself succeeded');
    t.equal((await askOver(world.rawTls(only))).answer, null, `${version} in full after revocation`);
    world.fake.refusals.clear();
  }
});

t.test('tickets outlive a restart, with the same keys only', async (t) => {
  const world = await ScannerWorld.start();
  const { session } = await askOver(world.rawTls());
  await world.stop();

  for (const [ticketKeys, expected] of [
    [world.tls.ticketKeys, true],
    [Buffer.alloc(48, 7), false],
  ] as const) {
    const next = world.another({ ...world.tls, ticketKeys });
    world.port = await next.listen('127.0.0.1', 0);
    const { answer, resumed } = await askOver(world.rawTls({ session: session! }));
    t.match(answer, { fingerprint: world.identity.fingerprint });
    t.equal(resumed, expected);
    await next.drain(world.clock.monotonic());
  }
});

t.test('a new server certificate is taken up while a scanner stays connected', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const scanner = await world.scanner();
  const next = await world.pki.server('localhost', '127.0.0.1');
  const named = await world.pki.server('scanners.example.org');
  world.listener.updateTls({
    ...world.tls,
    certPem: next.certPem,
    keyPem: next.keyPem,
    named: [{ names: ['Scanners.example.org'], certPem: named.certPem, keyPem: named.keyPem }],
  });
  const served = async (servername: string): Promise<string> => {
    const socket = world.rawTls({ servername });
    await once(socket, 'secureConnect');
    const print = socket.getPeerX509Certificate()!.fingerprint256.replaceAll(':', '').toLowerCase();
    socket.destroy();
    return print;
  };
  t.equal(await served('localhost'), next.fingerprint);
  t.equal(await served('scanners.example.org'), named.fingerprint, 'by SNI for its own name');
  t.match(await scanner.call('challenge.list'), { result: { challenges: [] } }, 'the live socket goes on');
  t.throws(() => world.listener.updateTls({ ...world.tls, keyPem: named.keyPem }), 'a wrong pair is refused');
  t.equal(await served('localhost'), next.fingerprint, 'and changes nothing');
});

t.test('many connections at once each get their turn', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const answers = await Promise.all(Array.from({ length: 60 }, () => askOver(world.rawTls())));
  t.ok(answers.every(({ answer }) => answer !== null));
  t.equal(world.listener.handshakes().running, 0);
});
