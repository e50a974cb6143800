/** Certificates that operators upload: what is taken, and which part a refusal names. */

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { Extension } from '@peculiar/x509';
import t from 'tap';
import { DAY_MS } from '../../engine/pki/authority.ts';
import { readAuthorityUpload } from '../../engine/pki/authorityUpload.ts';
import { issueServerCertificate } from '../../engine/pki/certificate.ts';
import { createCrl } from '../../engine/pki/crl.ts';
import { certificateLibrary, webcrypto } from '../../engine/pki/library.ts';
import { encodePem } from '../../engine/pki/pem.ts';
import { readServerUpload } from '../../engine/pki/serverUpload.ts';
import { systemRandom as random } from '../../engine/system.ts';
import { TestAuthority } from '../support/certificates.ts';
import { hasOpenssl, Openssl } from '../support/openssl.ts';

const x509 = certificateLibrary();

const authority = await TestAuthority.make();
const stranger = await TestAuthority.make(2);
const server = await authority.server('id.example', '*.id.example', '127.0.0.1');
const now = Date.now();
const pair = { certificatePem: server.certPem, privateKeyPem: server.keyPem };

/** A self-signed certificate with extensions of one's choosing. */
async function selfSigned(
  algorithm: object,
  extensions: readonly Extension[],
): Promise<{ certificatePem: string; privateKeyPem: string }> {
  const keys = (await webcrypto.subtle.generateKey(algorithm as never, true, [
    'sign',
    'verify',
  ])) as never as {
    readonly privateKey: webcrypto.CryptoKey;
  };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '0a',
    name: 'CN=Own CA, O=Hospital',
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + 100 * DAY_MS),
    keys: keys as never,
    signingAlgorithm: algorithm as never,
    extensions: [...extensions],
  });
  const der = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const certificatePem = encodePem('CERTIFICATE', new Uint8Array(certificate.rawData));
  return { certificatePem, privateKeyPem: encodePem('PRIVATE KEY', der) };
}

const rsa = (bits: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: Uint8Array.of(1, 0, 1),
  modulusLength: bits,
});
const ec = (namedCurve: string, hash: string) => ({ name: 'ECDSA', namedCurve, hash });
const ca = new x509.BasicConstraintsExtension(true, undefined, true);
const signs = new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true);

t.test('a pair is taken, with its chain wherever it comes', async (t) => {
  const alone = readServerUpload(pair, now);
  t.match(alone.facts, {
    names: ['id.example', '*.id.example', '127.0.0.1'],
    keyType: 'EC P-256',
    fingerprint: server.fingerprint,
  });
  const inOne = { ...pair, certificatePem: server.certPem + authority.caPem };
  const apart = { ...pair, chainPem: authority.caPem };
  const twice = { ...inOne, chainPem: authority.caPem };
  for (const parts of [inOne, apart, twice]) {
    t.equal(readServerUpload(parts, now).certificatePem, server.certPem + authority.caPem);
  }
});

t.test('a refusal names the part and why', async (t) => {
  const weak = await selfSigned(rsa(1024), []);
  const other = await authority.server('id.example');
  const device = await authority.device({ tenantId: 'a', deviceId: 'b' });
  const passphrase = { cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
  const encrypted = createPrivateKey(server.keyPem).export({ type: 'pkcs8', format: 'pem', ...passphrase });
  const legacy = createPrivateKey(server.keyPem).export({ type: 'sec1', format: 'pem', ...passphrase });
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey;
  const cases: [parts: Parameters<typeof readServerUpload>[0], part: string, reason: string, at?: number][] =
    [
      [{ ...pair, privateKeyPem: other.keyPem }, 'private_key', 'key_mismatch'],
      [
        { ...pair, privateKeyPem: curve.export({ type: 'pkcs8', format: 'pem' }).toString() },
        'private_key',
        'key_mismatch',
      ],
      [{ ...pair, privateKeyPem: encrypted.toString() }, 'private_key', 'encrypted'],
      [{ ...pair, privateKeyPem: legacy.toString() }, 'private_key', 'encrypted'],
      [{ ...pair, privateKeyPem: server.keyPem + other.keyPem }, 'private_key', 'unreadable'],
      [{ ...pair, privateKeyPem: 'text' }, 'private_key', 'unreadable'],
      [{ ...pair, certificatePem: 'text' }, 'certificate', 'unreadable'],
      [
        { ...pair, certificatePem: encodePem('CERTIFICATE', Uint8Array.of(0x30, 0)) },
        'certificate',
        'unreadable',
      ],
      [{ ...pair, certificatePem: authority.caPem + server.certPem }, 'certificate', 'order'],
      [{ ...pair, certificatePem: authority.caPem, chainPem: server.certPem }, 'certificate', 'order'],
      [{ ...pair, chainPem: stranger.caPem }, 'chain', 'order'],
      [{ ...pair, chainPem: authority.caPem + other.certPem }, 'chain', 'order'],
      [{ ...pair, chainPem: 'text' }, 'chain', 'unreadable'],
      [{ ...pair, chainPem: authority.caPem.repeat(9) }, 'chain', 'too_many'],
      [pair, 'certificate', 'expired', now + 400 * DAY_MS],
      [pair, 'certificate', 'not_yet_valid', now - DAY_MS],
      [weak, 'certificate', 'weak_key'],
      [{ certificatePem: device.certPem, privateKeyPem: device.keyPem }, 'certificate', 'purpose'],
      [{ pkcs12: Buffer.from('no file'), password: '' }, 'pkcs12', 'unreadable'],
    ];
  for (const [parts, part, reason, at] of cases) {
    t.throws(
      () => readServerUpload(parts, at ?? now),
      { code: 'certificate_invalid', details: { part, reason } },
      `${part} ${reason}`,
    );
  }
});

t.test('a CA of one’s own issues what leads back to it, and signs its lists', async (t) => {
  for (const algorithm of [rsa(2048), ec('P-256', 'SHA-256'), ec('P-384', 'SHA-384')]) {
    // The second as `openssl req -x509` makes it: without key usage and without a key identifier.
    const uploads = [await selfSigned(algorithm, [ca, signs]), await selfSigned(algorithm, [ca])];
    for (const upload of uploads) {
      const { authority: own } = await readAuthorityUpload(upload, { generation: 7, now, random });
      const issued = await issueServerCertificate(own, { names: ['localhost'], now, random });
      t.ok(issued.notAfter <= own.notAfter);
      const crl = new x509.X509Crl(Uint8Array.from(await createCrl(own, [], { now, number: 1 })).buffer);
      t.ok(await crl.verify({ publicKey: own.certificate.publicKey }), algorithm.name);
    }
  }
});

t.test('what is no CA for us is refused', async (t) => {
  const p256 = ec('P-256', 'SHA-256');
  const usage = new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true);
  const serversOnly = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]);
  const cases = [
    [await selfSigned(p256, []), 'not_a_ca'],
    [await selfSigned(p256, [new x509.BasicConstraintsExtension(false)]), 'not_a_ca'],
    [await selfSigned(p256, [ca, usage]), 'key_usage'],
    [await selfSigned(p256, [ca, signs, serversOnly]), 'purpose'],
    [await selfSigned(rsa(1024), [ca, signs]), 'weak_key'],
    [pair, 'not_a_ca'],
  ] as const;
  for (const [parts, reason] of cases) {
    await t.rejects(readAuthorityUpload(parts, { generation: 2, now, random }), {
      code: 'certificate_invalid',
      details: { part: 'certificate', reason },
    });
  }
});

t.test('an extension that is none is refused, though nobody looks at it until it is asked for', async (t) => {
  const broken: Readonly<Record<string, readonly number[]>> = {
    // A subject key identifier that is no octet string, basic constraints without an end, a key usage of nothing.
    '2.5.29.14': [0x02, 0x01, 0x05],
    '2.5.29.19': [0x30, 0x7f, 0x01],
    '2.5.29.15': [],
    '2.5.29.37': [0x30, 0x03, 0x06, 0x01],
  };
  for (const [type, bytes] of Object.entries(broken)) {
    const parts = await selfSigned(ec('P-256', 'SHA-256'), [
      new x509.Extension(type, false, Uint8Array.from(bytes)),
    ]);
    const refusal = { code: 'certificate_invalid' };
    t.throws(() => readServerUpload(parts, now), refusal, type);
    await t.rejects(readAuthorityUpload(parts, { generation: 2, now, random }), refusal, type);
  }
});

t.test('PKCS#12 as openssl writes it, RSA and elliptic', { skip: !hasOpenssl && 'no openssl' }, async (t) => {
  const openssl = new Openssl();
  t.teardown(() => openssl.close());
  for (const key of [['rsa:2048'], ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']]) {
    const subject = ['-subj', '/CN=id.example', '-days', '30', '-nodes', '-keyout', 'k.pem', '-out', 'c.pem'];
    openssl.run('req', '-x509', '-newkey', ...key, ...subject);
    openssl.run(
      'pkcs12',
      '-export',
      '-in',
      'c.pem',
      '-inkey',
      'k.pem',
      '-passout',
      'pass:word',
      '-out',
      'f.p12',
    );
    const pkcs12 = Buffer.from(openssl.run('base64', '-A', '-in', 'f.p12'), 'base64');
    t.same(readServerUpload({ pkcs12, password: 'word' }, Date.now()).facts.names, ['id.example']);
    t.throws(() => readServerUpload({ pkcs12, password: 'wrong' }, now), {
      code: 'certificate_invalid',
      details: { part: 'pkcs12' },
    });
  }
});
