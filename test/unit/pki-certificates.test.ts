import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { createRevocationLists } from '../../actors/commands/revocation.ts';
import type { Context } from '../../actors/context.ts';
import { limits } from '../../engine/limits.ts';
import { type Authority, createAuthority, DAY_MS, loadAuthority } from '../../engine/pki/authority.ts';
import { issueDeviceCertificate, issueServerCertificate } from '../../engine/pki/certificate.ts';
import { createCrl } from '../../engine/pki/crl.ts';
import { readCsr } from '../../engine/pki/csr.ts';
import { chainPem, decodePem, encodePem, fingerprintOf } from '../../engine/pki/pem.ts';
import { systemRandom } from '../../engine/system.ts';
import { EC, hasOpenssl, Openssl } from '../support/openssl.ts';

const tenantId = '11111111-2222-4333-8444-555555555555';
const deviceId = '66666666-7777-4888-9999-aaaaaaaaaaaa';
const random = systemRandom;
/** openssl checks against the wall clock, so these tests live in the present. */
const now = Date.now();

async function makeAuthority(generation = 1): Promise<Authority> {
  return loadAuthority(await createAuthority({ now, random, generation, deployment: 'test, CN=evil+"' }));
}

t.test('authority', async (t) => {
  const stored = await createAuthority({ now, random, generation: 3, deployment: 'lobby' });
  const authority = await loadAuthority(stored);
  const read = new X509Certificate(stored.certificatePem);
  t.equal(read.subject, 'CN=Thenar CA 3 lobby');
  t.ok(read.ca);
  t.ok(read.verify(read.publicKey));
  t.equal(read.serialNumber.length, 32, 'a serial of 128 bits');
  t.equal(authority.notAfter, Math.floor(now / 1000) * 1000 + 3_650 * DAY_MS);
  t.equal(authority.signingKey.extractable, false);
  t.equal(authority.fingerprint, read.fingerprint256.replaceAll(':', '').toLowerCase());

  const other = await createAuthority({ now, random, generation: 4, deployment: 'lobby' });
  await t.rejects(loadAuthority({ ...stored, privateKeyPkcs8: other.privateKeyPkcs8 }), { code: 'internal' });
});

t.test('openssl accepts what is issued', { skip: !hasOpenssl }, async (t) => {
  const openssl = new Openssl();
  t.teardown(() => openssl.close());
  const authority = await makeAuthority();
  openssl.file('ca.pem', authority.certificatePem);

  for (const args of [
    [...EC, 'ec_paramgen_curve:P-256'],
    [...EC, 'ec_paramgen_curve:P-384'],
    ['-newkey', 'rsa:3072'],
  ]) {
    await t.test(`device certificate for ${args.at(-1)}`, async (t) => {
      const { publicKey } = readCsr(openssl.csr(...args));
      const published = {
        crlUrl: 'http://127.0.0.1:8080/v1/pki/crl',
        ocspUrl: 'http://127.0.0.1:8080/v1/pki/ocsp',
      };
      const issued = await issueDeviceCertificate(authority, {
        deviceId,
        tenantId,
        publicKey,
        now,
        validityDays: 90,
        random,
        published,
      });
      openssl.file('device.pem', issued.pem);
      t.match(
        openssl.run('verify', '-x509_strict', '-CAfile', 'ca.pem', '-purpose', 'sslclient', 'device.pem'),
        /OK/,
      );
      t.throws(
        () => openssl.run('verify', '-CAfile', 'ca.pem', '-purpose', 'sslserver', 'device.pem'),
        'a scanner cannot pose as the server',
      );
      const text = openssl.run('x509', '-in', 'device.pem', '-noout', '-text');
      t.match(text, `URI:urn:thenar:tenant:${tenantId}:device:${deviceId}`);
      t.match(text, `URI:${published.crlUrl}`);
      t.match(text, `OCSP - URI:${published.ocspUrl}`);
      t.match(text, /CA:FALSE/);
      const read = new X509Certificate(issued.pem);
      t.equal(read.subject, `CN=${deviceId}`, 'the subject of the request is ignored');
      t.same(read.keyUsage, ['1.3.6.1.5.5.7.3.2']);
      t.equal(read.serialNumber.toLowerCase(), issued.serial);
      t.equal(fingerprintOf(read.raw), issued.fingerprint);
      t.equal(Date.parse(read.validFrom), issued.notBefore);
      t.equal(Date.parse(read.validTo), issued.notAfter);
      t.equal(
        openssl.run('x509', '-in', 'device.pem', '-noout', '-pubkey'),
        openssl.run('pkey', '-in', 'device.key', '-pubout'),
      );
    });
  }

  await t.test('server certificate', async (t) => {
    const names = ['localhost', '127.0.0.1', '::1', 'engine.example'];
    const issued = await issueServerCertificate(authority, { names, now, random });
    openssl.file('server.pem', issued.pem);
    for (const host of ['localhost', 'engine.example']) {
      const options = ['-CAfile', 'ca.pem', '-purpose', 'sslserver', '-verify_hostname', host];
      t.match(openssl.run('verify', '-x509_strict', ...options, 'server.pem'), /OK/, host);
    }
    for (const ip of ['127.0.0.1', '::1']) {
      const options = ['-CAfile', 'ca.pem', '-purpose', 'sslserver', '-verify_ip', ip];
      t.match(openssl.run('verify', ...options, 'server.pem'), /OK/, ip);
    }
    t.throws(() =>
      openssl.run('verify', '-CAfile', 'ca.pem', '-verify_hostname', 'other.example', 'server.pem'),
    );
    t.throws(() => openssl.run('verify', '-CAfile', 'ca.pem', '-purpose', 'sslclient', 'server.pem'));
    openssl.file('server.key', issued.privateKeyPem);
    t.equal(
      openssl.run('x509', '-in', 'server.pem', '-noout', '-pubkey'),
      openssl.run('pkey', '-in', 'server.key', '-pubout'),
    );
  });

  await t.test('revocation list', async (t) => {
    const { publicKey } = readCsr(openssl.csr(...EC, 'ec_paramgen_curve:P-256'));
    const request = { deviceId, tenantId, publicKey, now, validityDays: 90, random };
    const [good, bad] = await Promise.all([
      issueDeviceCertificate(authority, request),
      issueDeviceCertificate(authority, request),
    ]);
    const many = Array.from({ length: 5_000 }, (_, i) => ({
      serial: (2n ** 126n + BigInt(i)).toString(16),
      deniedAt: now - 1_000,
      reason: 'superseded' as const,
    }));
    const revoked = [{ serial: bad.serial, deniedAt: now - 1_000, reason: 'revoked' as const }, ...many];
    const crl = await createCrl(authority, revoked, { now, number: 300 });
    openssl.file('list.crl', crl);
    t.match(
      openssl.run('crl', '-inform', 'DER', '-in', 'list.crl', '-noout', '-verify', '-CAfile', 'ca.pem'),
      /verify OK/,
    );
    const text = openssl.run('crl', '-inform', 'DER', '-in', 'list.crl', '-noout', '-text');
    t.match(text, /X509v3 CRL Number:\s+0x12C|X509v3 CRL Number:\s+300/);
    t.match(text, /Privilege Withdrawn/);
    t.match(text, `Serial Number: ${bad.serial.toUpperCase()}`);
    openssl.file('both.pem', authority.certificatePem + encodePem('X509 CRL', crl));
    openssl.file('good.pem', good.pem);
    openssl.file('bad.pem', bad.pem);
    t.match(openssl.run('verify', '-crl_check', '-CAfile', 'both.pem', 'good.pem'), /OK/);
    t.throws(() => openssl.run('verify', '-crl_check', '-CAfile', 'both.pem', 'bad.pem'), /revoked/);

    openssl.file('empty.crl', await createCrl(authority, [], { now, number: 1 }));
    t.match(
      openssl.run(
        'crl',
        '-inform',
        'DER',
        '-in',
        'empty.crl',
        '-noout',
        '-text',
        '-verify',
        '-CAfile',
        'ca.pem',
      ),
      /No Revoked Certificates/,
    );
  });
});

t.test(
  'revocation lists have a time and numbers that stand when clocks do not',
  { skip: !hasOpenssl },
  async (t) => {
    const openssl = new Openssl();
    t.teardown(() => openssl.close());
    const authority = await makeAuthority();
    openssl.file('ca.pem', authority.certificatePem);
    let machine = Math.floor(now / 1000) * 1000;
    const certificates = { revision: 0 };
    const lists = createRevocationLists({
      certificates,
      clock: { now: () => machine },
      store: { list: async () => [], async *scan() {} },
      tls: { authorities: { current: authority, trusted: [authority], generations: new Set([1]) } },
    } as unknown as Context);
    /** Another list, for something was revoked; what openssl says of it. */
    const next = async (): Promise<{ number: bigint; from: number; until: number }> => {
      certificates.revision += 1;
      openssl.file('list.crl', await lists.current());
      const shown = openssl.run(
        ...['crl', '-inform', 'DER', '-in', 'list.crl', '-noout', '-crlnumber', '-lastupdate', '-nextupdate'],
      );
      const [, number = '', from = '', until = ''] =
        /crlNumber=(?:0x)?([0-9A-F]+)\s+lastUpdate=(.*)\s+nextUpdate=(.*)/i.exec(shown) ?? [];
      return { number: BigInt(`0x${number}`), from: Date.parse(from), until: Date.parse(until) };
    };
    const first = await next();
    t.equal(first.from, machine - limits.certificate_backdate_s * 1000, 'as certificates are');
    t.equal(first.until, machine + limits.crl_validity_s * 1000);
    const second = await next();
    t.ok(second.number > first.number, 'two in one millisecond have two numbers');
    machine -= 3_600_000;
    const third = await next();
    t.ok(third.number > second.number, 'and one of a clock that was set back has the greatest');
    t.equal(third.from, machine - limits.certificate_backdate_s * 1000);

    const { publicKey } = readCsr(openssl.csr(...EC, 'ec_paramgen_curve:P-256'));
    const request = { deviceId, tenantId, publicKey, now, validityDays: 90, random };
    openssl.file('device.pem', (await issueDeviceCertificate(authority, request)).pem);
    machine += 3_600_000;
    certificates.revision += 1;
    openssl.file('both.pem', authority.certificatePem + encodePem('X509 CRL', await lists.current()));
    const verify = (at: number): string =>
      openssl.run(
        ...[
          'verify',
          '-crl_check',
          '-attime',
          String(Math.floor(at / 1000)),
          '-CAfile',
          'both.pem',
          'device.pem',
        ],
      );
    const behind = (limits.certificate_backdate_s - 1) * 1000;
    t.match(verify(machine - behind), /OK/, 'a verifier whose clock is minutes behind takes the list');
    t.throws(() => verify(machine - behind - 2_000), /not yet valid/);
  },
);

t.test('a device certificate stays within the life of its CA', async (t) => {
  const authority = await loadAuthority(
    await createAuthority({ now, random, generation: 1, deployment: 'x', validityDays: 10 }),
  );
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const issued = await issueDeviceCertificate(authority, {
    deviceId,
    tenantId,
    publicKey,
    now,
    validityDays: 90,
    random,
  });
  t.equal(issued.notAfter, authority.notAfter);
  t.ok(issued.notBefore < now && issued.notBefore >= authority.notBefore);
});

t.test('chains', async (t) => {
  const first = encodePem('CERTIFICATE', Uint8Array.of(1, 2, 3));
  const second = encodePem('CERTIFICATE', Uint8Array.of(4, 5));
  const chain = chainPem(first.trim(), second);
  t.same(
    decodePem(chain, 'CERTIFICATE')?.map((der) => [...der]),
    [
      [1, 2, 3],
      [4, 5],
    ],
  );
});
