/** Device certificates of a whole engine under attack, and what openssl makes of what is published about them. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import t from 'tap';
import { TlsMemory } from '../../bench/scanner/connect.ts';
import { makeScannerKey } from '../../bench/scanner/keys.ts';
import type { Credentials } from '../../bench/scanner/pair.ts';
import { limits } from '../../engine/limits.ts';
import { statusRefusal } from '../../engine/pki/ocsp.ts';
import { encodePem } from '../../engine/pki/pem.ts';
import { attemptSocket, deviceRest, type RestReply, startTestNode } from '../support/node.ts';
import { hasOpenssl, Openssl } from '../support/openssl.ts';
import { available } from '../support/require.ts';
import {
  capture,
  enrolmentScans,
  eventually,
  inBody,
  type TestScanner,
  TestTenant,
} from '../support/tenant.ts';

const node = await startTestNode({ THENAR_PUBLIC_URL: 'https://id.example' });
const tenant = await TestTenant.create(node);
const { deviceUrl, publicUrl } = node.node;
const { context, api } = node.engine;
const openssl = new Openssl();
t.teardown(() => openssl.close());

const pending = (credentials: Credentials): Promise<RestReply> =>
  deviceRest(deviceUrl, credentials, 'GET', '/v1/challenges/pending');
const revoke = (scanner: TestScanner) => tenant.must('DELETE', `/v1/devices/${scanner.credentials.deviceId}`);
const serialOf = (pem: string) => new X509Certificate(pem).serialNumber.toLowerCase();

/** What `openssl ocsp` says, whether it verified the answer first. @param ca of the issuer */
async function statusOf(pem: string, ca: string, ...more: readonly string[]): Promise<string> {
  openssl.file('device.pem', pem);
  openssl.file('ca.pem', ca);
  return openssl.talk(
    ...['ocsp', '-issuer', 'ca.pem', '-CAfile', 'ca.pem', '-url', `${publicUrl}/v1/pki/ocsp`],
    ...(more.length > 0 ? more : ['-cert', 'device.pem']),
  );
}

async function listOf(generation: number): Promise<Uint8Array> {
  const { json, headers } = await node.rest('GET', `/v1/pki/crl?generation=${generation}`);
  t.equal(headers.get('content-type'), 'application/pkix-crl');
  return json as Buffer;
}

t.test('a certificate says where to ask about it', async (t) => {
  const { credentials } = await tenant.pairScanner();
  const { infoAccess } = new X509Certificate(credentials.certificatePem);
  t.match(infoAccess, 'OCSP - URI:https://id.example/v1/pki/ocsp');
  if (!available(t, 'openssl', hasOpenssl)) return;
  openssl.file('device.pem', credentials.certificatePem);
  const text = openssl.run('x509', '-in', 'device.pem', '-noout', '-text');
  t.match(text, 'URI:https://id.example/v1/pki/crl?generation=1');
});

t.test('revocation list and OCSP are right when read by openssl', async (t) => {
  if (!available(t, 'openssl', hasOpenssl)) return;
  const [good, bad] = [await tenant.pairScanner(), await tenant.scanner()];
  const ca = good.credentials.caChainPem;
  const shown = { good: good.credentials.certificatePem, bad: bad.credentials.certificatePem };
  t.match(await statusOf(shown.bad, ca), /Response verify OK[\s\S]*device.pem: good/);
  await revoke(bad);
  t.match(
    await statusOf(shown.bad, ca),
    /Response verify OK[\s\S]*device.pem: revoked[\s\S]*Revocation Time/,
    'at once',
  );
  const told = await statusOf(shown.good, ca);
  t.match(told, /Response verify OK[\s\S]*device.pem: good/);
  t.notMatch(told, /WARNING|invalid/i, 'with the nonce, and of this moment');
  const serial = `0x41${'0'.repeat(30)}`;
  t.match(await statusOf(shown.good, ca, '-serial', serial), /Response verify OK[\s\S]*: unknown/);
  t.match(await statusOf(shown.good, ca, '-serial', '1'), /: unknown/, 'a serial that nobody here gives');
  const stranger = openssl.run(
    ...[
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-keyout',
      'other.key',
    ],
    ...['-subj', `/CN=${new X509Certificate(ca).subject.slice(3)}`, '-days', '2'],
  );
  const foreign = await statusOf(
    shown.good,
    /-----BEGIN CERT[\s\S]*-----END CERTIFICATE-----/.exec(stranger)![0],
  );
  t.match(foreign, /unauthorized/, 'a CA of the same name and another key is not ours to speak for');

  const list = await listOf(1);
  openssl.file('list.crl', list);
  openssl.file('ca.pem', ca);
  const crl = ['crl', '-inform', 'DER', '-in', 'list.crl', '-noout'];
  t.match(openssl.run(...crl, '-verify', '-CAfile', 'ca.pem'), /verify OK/);
  const text = openssl.run(...crl, '-text');
  t.match(text, new RegExp(`Serial Number: ${serialOf(shown.bad)}`, 'i'));
  t.notMatch(text, new RegExp(serialOf(shown.good), 'i'));
  openssl.file('both.pem', ca + encodePem('X509 CRL', list));
  openssl.file('good.pem', shown.good);
  openssl.file('bad.pem', shown.bad);
  t.match(openssl.run('verify', '-crl_check', '-CAfile', 'both.pem', 'good.pem'), /OK/);
  t.throws(() => openssl.run('verify', '-crl_check', '-CAfile', 'both.pem', 'bad.pem'), /revoked/);

  const dates = async () => context.store.get('certificates', { serial: serialOf(shown.bad) });
  const before = (await dates())?.deniedAt;
  node.clock.moveOn(1_000);
  await revoke(bad);
  t.equal((await dates())?.deniedAt, before, 'revoked once more, it has been since the first time');
});

t.test('answers without a nonce are kept for all who ask the same, until they are out of date', async (t) => {
  if (!available(t, 'openssl', hasOpenssl)) return;
  const scanner = await tenant.scanner();
  openssl.file('ca.pem', scanner.credentials.caChainPem);
  openssl.file('device.pem', scanner.credentials.certificatePem);
  openssl.run(...['ocsp', '-issuer', 'ca.pem', '-cert', 'device.pem', '-no_nonce', '-reqout', 'request.der']);
  const der = readFileSync(join(openssl.folder, 'request.der'));
  const get = () => node.rest('GET', `/v1/pki/ocsp/${encodeURIComponent(der.toString('base64'))}`);
  const first = await get();
  t.equal(first.headers.get('content-type'), 'application/ocsp-response');
  t.match(first.headers.get('cache-control'), /^public, max-age=300,/);
  const posted = await fetch(`${publicUrl}/v1/pki/ocsp`, {
    method: 'POST',
    headers: { 'content-type': 'application/ocsp-request' },
    body: der,
  });
  t.same(Buffer.from(await posted.arrayBuffer()), first.json, 'POST and GET are one');
  const renewed = await scanner.client.renew(await makeScannerKey());
  const shortened = await api.devices.ocsp({ address: '' } as never, der);
  t.not(Buffer.compare(shortened.der, first.json as Buffer), 0, 'it ends with the overlap now');
  t.equal((await pending(renewed)).status, 200);
  // The old one is shut out in memory at once; what OCSP tells is written a moment later.
  const read = ['-respin', 'answer.der', '-issuer', 'ca.pem', '-CAfile', 'ca.pem', '-cert', 'device.pem'];
  const ask = async (): Promise<string> => {
    openssl.file('answer.der', (await get()).json as Buffer);
    return openssl.run('ocsp', ...read);
  };
  const told = await eventually(ask, (said) => /: revoked/.test(said));
  t.match(told, /revoked[\s\S]*Reason: superseded[\s\S]*Response verify OK/, 'and the new one was used');

  for (const [what, status] of [
    ['application/json', 415],
    ['application/ocsp-request', 200],
  ] as const) {
    const init = { method: 'POST', headers: { 'content-type': what }, body: 'no request' };
    const reply = await fetch(`${publicUrl}/v1/pki/ocsp`, init);
    t.equal(reply.status, status);
    const body = Buffer.from(await reply.arrayBuffer());
    if (status === 200) t.same(body, Buffer.from(statusRefusal('malformedRequest')));
  }
  t.equal((await node.rest('GET', '/v1/pki/ocsp/nonsense')).headers.get('cache-control'), 'no-store');
});

t.test('nobody burns processor time with signatures', async (t) => {
  if (!available(t, 'openssl', hasOpenssl)) return;
  const scanner = await tenant.pairScanner();
  openssl.file('ca.pem', scanner.credentials.caChainPem);
  openssl.file('device.pem', scanner.credentials.certificatePem);
  const requestWith = (...more: readonly string[]): Buffer => {
    openssl.run('ocsp', '-issuer', 'ca.pem', '-cert', 'device.pem', ...more, '-reqout', 'request.der');
    return readFileSync(join(openssl.folder, 'request.der'));
  };
  const [plain, nonce] = [requestWith('-no_nonce'), requestWith()];
  const from = (address: string) => ({ address }) as never;
  const flood = Array.from({ length: 10 * limits.ocsp_answers_per_address_per_s }, () =>
    api.devices.ocsp(from('198.51.100.1'), nonce),
  );
  const later = Buffer.from(statusRefusal('tryLater'));
  const answers = await Promise.all(flood);
  t.ok(
    answers.some(({ der }) => later.equals(der)),
    'a flood is told to try later',
  );
  t.ok(answers.some(({ der }) => !later.equals(der)));
  const kept = await api.devices.ocsp(from('198.51.100.2'), plain);
  t.notOk(later.equals(kept.der), 'another address is answered');
  const again = await Promise.all(flood.map(() => api.devices.ocsp(from('198.51.100.1'), nonce)));
  t.ok(
    again.some(({ der }) => der === kept.der),
    'a kept answer is given without the nonce',
  );
  const many = await Promise.all(flood.map(() => api.devices.ocsp(from('198.51.100.1'), plain)));
  t.ok(
    many.every(({ der }) => der === kept.der),
    'and costs no signature',
  );
});

t.test('revoked, it is refused over REST and WebSocket, in full and resumed', async (t) => {
  const scanner = await tenant.scanner();
  const { certificatePem: cert, keyPem: key, caChainPem: ca } = scanner.credentials;
  const versions = ['TLSv1.2', 'TLSv1.3'] as const;
  const agents = versions.map(
    (version) => new Agent({ cert, key, ca, keepAlive: true, minVersion: version, maxVersion: version }),
  );
  t.teardown(() => {
    for (const agent of agents) agent.destroy();
  });
  const ask = async (agent: Agent): Promise<{ status: number; port: number | undefined }> => {
    const sent = request(new URL('/v1/challenges/pending', deviceUrl), { agent });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const port = response.socket.localPort;
    response.resume();
    await once(response, 'end');
    return { status: response.statusCode ?? 0, port };
  };
  const before = await Promise.all(agents.map(ask));
  t.same(
    before.map(({ status }) => status),
    [200, 200],
  );
  const memory = new TlsMemory();
  t.equal(await attemptSocket(deviceUrl, scanner.credentials, memory), 'open');

  const closed = once(scanner.client, 'closed');
  await revoke(scanner);
  t.match((await closed)[0], { code: 4401 });
  // The connection that was let in is still there, and nothing is done on it any more.
  const after = await Promise.all(agents.map((agent) => ask(agent).catch(() => null)));
  for (const [at, reply] of after.entries()) {
    t.equal(reply?.port, before[at]?.port, `the same connection, ${versions[at]}`);
    t.equal(reply?.status, 401);
  }
  for (const agent of agents) {
    agent.destroy();
    await t.rejects(ask(agent), 'a new one does not get past the handshake');
  }
  t.equal(
    await attemptSocket(deviceUrl, scanner.credentials, memory),
    'refused',
    'with a TLS session of before',
  );
  t.equal(await attemptSocket(deviceUrl, scanner.credentials), 'refused');
});

t.test('a certificate opens its own tenant’s doors and no other', async (t) => {
  const theirs = await TestTenant.create(node);
  const [scanner, stranger] = [await tenant.scanner(), await theirs.scanner()];
  const user = await tenant.enrol(scanner, 3);
  const { challenge_id: id } = await scanner.askVerification(user);
  t.same((await pending(stranger.credentials)).json, { challenges: [] });
  const body = { scan: inBody(capture(3)) };
  const path = `/v1/challenges/${id}/complete`;
  t.equal(
    (await deviceRest(deviceUrl, stranger.credentials, 'POST', path, body)).code,
    'challenge_not_found',
  );
  t.equal(await stranger.codeOf(stranger.client.reject(id, 'not mine')), 'challenge_not_found');
  t.equal(await stranger.codeOf(stranger.client.enrol(user.user_id, enrolmentScans(3))), 'user_not_found');
  t.match(await tenant.must('GET', `/v1/challenges/${id}`), { status: 'presented' });
  await scanner.client.reject(id, 'done');
});

t.test('an engine’s clock that runs a little ahead issues what works at once', async (t) => {
  node.clock.moveOn(4 * 60_000);
  t.teardown(() => node.clock.moveOn(-4 * 60_000));
  const scanner = await tenant.pairScanner();
  t.ok(Date.parse(new X509Certificate(scanner.credentials.certificatePem).validFrom) <= Date.now());
  t.equal(await attemptSocket(deviceUrl, scanner.credentials), 'open');
  if (!available(t, 'openssl', hasOpenssl)) return;
  const { certificatePem, caChainPem } = scanner.credentials;
  t.match(await statusOf(certificatePem, caChainPem), /Response verify OK[\s\S]*device.pem: good/);
});

t.test('a CA made anew revokes all that the one before issued, and says so', async (t) => {
  if (!available(t, 'openssl', hasOpenssl)) return;
  const before = await tenant.pairScanner();
  await node.platform('POST', '/v1/admin/ssl/ca-cert/regenerate', { confirm: true });
  const after = await tenant.pairScanner();
  const { certificatePem, caChainPem } = before.credentials;
  t.match(await statusOf(certificatePem, caChainPem), /Response verify OK[\s\S]*device.pem: revoked/);
  t.match(
    await statusOf(after.credentials.certificatePem, after.credentials.caChainPem),
    /Response verify OK[\s\S]*device.pem: good/,
  );
  openssl.file('list.crl', await listOf(1));
  openssl.file('ca.pem', caChainPem);
  const text = openssl.run(
    ...['crl', '-inform', 'DER', '-in', 'list.crl', '-noout', '-text', '-verify', '-CAfile', 'ca.pem'],
  );
  t.match(text, /verify OK/);
  t.match(text, new RegExp(serialOf(certificatePem), 'i'));
  t.notMatch(text, new RegExp(serialOf(after.credentials.certificatePem), 'i'));
});
