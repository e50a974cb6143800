/** From a pairing code to a certificate, its renewal and its revocation, on a whole engine. */

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import t from 'tap';
import { makeScannerKey } from '../../bench/scanner/keys.ts';
import { type Credentials, pair } from '../../bench/scanner/pair.ts';
import { limits } from '../../engine/limits.ts';
import { issueDeviceCertificate } from '../../engine/pki/certificate.ts';
import { readCsr } from '../../engine/pki/csr.ts';
import { hashPairingCode } from '../../engine/secrets/codes.ts';
import { systemRandom } from '../../engine/system.ts';
import { attemptSocket, deviceRest, type RestReply, startTestNode } from '../support/node.ts';
import { TestTenant } from '../support/tenant.ts';

const node = await startTestNode();
const tenant = await TestTenant.create(node);
const deviceUrl = node.node.deviceUrl;

async function pairWith(code: string, hardwareId: string, csr?: string): Promise<RestReply> {
  const body = {
    pairing_code: code,
    csr: csr ?? (await makeScannerKey()).csrPem,
    device_info: { hardware_id: hardwareId, model: 'M1', firmware: '1.0', serial: 'S1' },
  };
  return node.rest('POST', '/v1/devices/pair', { body });
}

t.test('of twenty scanners racing for one code one is paired', async (t) => {
  const { device_id, pairing_code, expires_in } = await tenant.register();
  t.equal(expires_in, 1800);
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, i) => pairWith(pairing_code, `race-${i}`)),
  );
  const winners = replies.filter((reply) => reply.status === 200);
  t.equal(winners.length, 1);
  t.match(winners[0]!.json, { device_id, status: 'paired' });
  const certificate = new X509Certificate(winners[0]!.json.certificate);
  t.match(certificate.subjectAltName, device_id);
  t.ok(certificate.verify(new X509Certificate(winners[0]!.json.ca_chain).publicKey));
  for (const reply of replies.filter((other) => other.status !== 200))
    t.equal(reply.code, 'pairing_code_used');
  t.equal(await node.engine.context.store.count('certificates', { deviceId: device_id }), 1);
  const device = await tenant.must('GET', `/v1/devices/${device_id}`);
  t.match(device, { status: 'paired', online: false, model: 'M1', firmware: '1.0' });
});

t.test('a request that cannot be signed leaves the code as it was', async (t) => {
  const { pairing_code } = await tenant.register();
  const broken = await pairWith(pairing_code, 'csr-1', 'not a request');
  t.same([broken.status, broken.code], [422, 'csr_invalid']);
  t.equal((await pairWith(pairing_code.toLowerCase(), 'csr-1')).status, 200, 'however it is typed');
});

t.test('wrong, used and expired codes are told apart', async (t) => {
  t.same(codes(await pairWith('ZZZZ-ZZZZ-Z', 'x')), [401, 'pairing_code_invalid']);
  const first = await tenant.register();
  await pairWith(first.pairing_code, 'used-1');
  t.same(codes(await pairWith(first.pairing_code, 'used-2')), [409, 'pairing_code_used']);
  const { pairing_code, device_id } = await tenant.register();
  await node.engine.context.store.commit({
    tenantId: tenant.tenantId,
    writes: [
      { update: 'pairingCodes', where: { deviceId: device_id }, set: { expiresAt: node.clock.now() - 1 } },
    ],
  });
  t.same(codes(await pairWith(pairing_code, 'late')), [401, 'pairing_code_expired']);
});

t.test('a hardware identifier belongs to one device of the tenant', async (t) => {
  const taken = await tenant.pairScanner();
  const { pairing_code } = await tenant.register();
  const refused = await pairWith(pairing_code, taken.credentials.hardwareId);
  t.same(codes(refused), [409, 'hardware_id_taken']);
  t.equal((await pairWith(pairing_code, 'free')).status, 200, 'and the code was not spent on it');
  const other = await TestTenant.create(node);
  const elsewhere = await other.register();
  t.equal(
    (await pairWith(elsewhere.pairing_code, taken.credentials.hardwareId)).status,
    200,
    'another tenant’s may be the same',
  );
});

t.test('pairing a device again ends what its old certificate had', async (t) => {
  const scanner = await tenant.scanner();
  const closed = once(scanner.client, 'closed');
  const { deviceId, hardwareId } = scanner.credentials;
  await node.engine.context.store.commit({
    tenantId: tenant.tenantId,
    writes: [
      {
        insert: 'pairingCodes',
        row: {
          codeHash: hashPairingCode(node.engine.context.codeKey, 'abcdefghj'),
          tenantId: tenant.tenantId,
          deviceId,
          expiresAt: node.clock.now() + 60_000,
          usedAt: null,
        },
      },
    ],
  });
  const again = await pair(node.node.publicUrl, 'ABCD-EFGH-J', { hardwareId });
  t.equal(again.deviceId, deviceId);
  t.match((await closed)[0], { code: 4401, willReconnect: false });
  t.equal(await attemptSocket(deviceUrl, scanner.credentials), 'refused');
  t.equal(await attemptSocket(deviceUrl, again), 'open');
});

t.test('a renewed certificate and its predecessor overlap until the new one is used', async (t) => {
  const scanner = await tenant.scanner();
  const old = scanner.credentials;
  const renewed = await scanner.client.renew(await makeScannerKey());
  t.not(renewed.certificatePem, old.certificatePem);
  t.equal((await pending(old)).status, 200, 'the old one still stands');
  t.equal((await pending(renewed)).status, 200);
  await t.rejects(pending(old), 'and falls with the first use of the new one');
  t.same(await scanner.client.list(), [], 'the live socket stays');
  await node.restart();
  await t.rejects(pending(old), 'after a restart too');
  t.equal((await pending(renewed)).status, 200);
});

t.test('a revoked scanner is thrown out and stays out', async (t) => {
  const scanner = await tenant.scanner();
  const { deviceId } = scanner.credentials;
  const user = await tenant.enrol(scanner, 9);
  const challenge = await scanner.askVerification(user);
  const before = Buffer.from((await node.rest('GET', '/v1/pki/crl')).json as Buffer);
  const closed = once(scanner.client, 'closed');
  t.match((await tenant.call('DELETE', `/v1/devices/${deviceId}`)).data, { status: 'revoked' });
  t.match((await closed)[0], { code: 4401 });
  t.equal(await attemptSocket(deviceUrl, scanner.credentials), 'refused');
  await t.rejects(pending(scanner.credentials));

  const serial = Buffer.from(new X509Certificate(scanner.credentials.certificatePem).serialNumber, 'hex');
  const after = Buffer.from((await node.rest('GET', '/v1/pki/crl')).json as Buffer);
  t.notOk(before.includes(serial));
  t.ok(after.includes(serial), 'the published list names it');

  t.equal((await tenant.call('DELETE', `/v1/devices/${deviceId}`)).status, 200, 'once more changes nothing');
  t.equal(
    await node.engine.context.store.count('audit', {
      tenantId: tenant.tenantId,
      eventType: 'device_revoked',
    }),
    1,
  );
  const refused = await tenant.call('POST', '/v1/verify', { user_id: user.user_id, device_id: deviceId });
  t.same(codes(refused), [409, 'device_revoked']);
  t.match(await tenant.must('GET', `/v1/challenges/${challenge.challenge_id}`), {
    status: 'cancelled',
    reason: 'device_revoked',
  });
  const { pairing_code } = await tenant.register();
  t.equal(
    (await pairWith(pairing_code, scanner.credentials.hardwareId)).status,
    200,
    'its hardware may come back as a new device',
  );
});

t.test('a binding that changes is told to the scanner', async (t) => {
  const scanner = await tenant.scanner();
  const told = once(scanner.client, 'config');
  await tenant.must('PUT', `/v1/devices/${scanner.credentials.deviceId}`, { bound_product: 'payments' });
  t.match((await told)[0], { bound_product: 'payments', device_name: 'Scanner' });
});

t.test('a scanner is told on every connection that its certificate should be renewed', async (t) => {
  const { deployment } = node.engine.context;
  const policy = deployment.devicePolicy;
  const scanner = await tenant.pairScanner();
  deployment.devicePolicy = { ...policy, renewalWindowDays: policy.validityDays + 1 };
  t.teardown(() => {
    deployment.devicePolicy = policy;
  });
  for (const round of ['first', 'second']) {
    const told = once(scanner.client, 'renewDue');
    await scanner.client.connect();
    t.equal(Date.parse((await told)[0]), Date.parse(scanner.credentials.expiresAt), round);
    await scanner.client.close();
  }
});

t.test('a request to pair is good for nothing once more', async (t) => {
  const first = await tenant.register();
  const { csrPem, keyPem } = await makeScannerKey('somebody else');
  const paired = await pairWith(first.pairing_code, 'replay-1', csrPem);
  t.equal(new X509Certificate(paired.json.certificate).subject, `CN=${first.device_id}`);
  t.equal((await pairWith(first.pairing_code, 'replay-1', csrPem)).code, 'pairing_code_used');
  // Overheard and sent with another device's code: the certificate names that device, and wants a key nobody heard.
  const second = await tenant.register();
  const other = await pairWith(second.pairing_code, 'replay-2', csrPem);
  t.equal(new X509Certificate(other.json.certificate).subject, `CN=${second.device_id}`);
  const credentials = {
    ...paired.json,
    certificatePem: paired.json.certificate,
    caChainPem: paired.json.ca_chain,
  };
  t.equal((await pending({ ...credentials, keyPem })).status, 200, 'the first device goes on');
  const { keyPem: wrong } = await makeScannerKey();
  await t.rejects(pending({ ...credentials, keyPem: wrong }), 'the certificate alone is nothing');
});

t.test('a device cannot fill the memory of the engine with certificates', async (t) => {
  const scanner = await tenant.pairScanner();
  const { csrPem: csr } = await makeScannerKey();
  const renew = () => deviceRest(deviceUrl, scanner.credentials, 'POST', '/v1/devices/renew', { csr });
  for (let count = 1; count < limits.certificate_renewals_per_day_max; count += 1) {
    t.equal((await renew()).status, 200);
  }
  const refused = await renew();
  t.same([refused.status, refused.code], [429, 'rate_limited']);
  t.ok(Number(refused.headers.get('retry-after')) > 3_600);
  t.equal((await pending(scanner.credentials)).status, 200, 'and it goes on with what it has');
});

t.test('what the CA signed and the engine never recorded is nobody', async (t) => {
  const scanner = await tenant.scanner();
  const own = new X509Certificate(scanner.credentials.certificatePem);
  const { keyPem, csrPem } = await makeScannerKey();
  const bytes = Buffer.from(own.serialNumber, 'hex');
  const twin = await issueDeviceCertificate(node.engine.context.tls.authorities.current, {
    tenantId: tenant.tenantId,
    deviceId: scanner.credentials.deviceId,
    publicKey: readCsr(csrPem).publicKey,
    now: node.clock.now(),
    validityDays: 90,
    random: { ...systemRandom, bytes: () => bytes },
  });
  const forged = { ...scanner.credentials, keyPem, certificatePem: twin.pem };
  t.equal(new X509Certificate(twin.pem).serialNumber, own.serialNumber);
  t.equal(new X509Certificate(twin.pem).subject, own.subject, 'it names a device that stands');
  t.equal(await attemptSocket(deviceUrl, forged), 'refused');
  await t.rejects(pending(forged));
  t.equal((await pending(scanner.credentials)).status, 200);
  t.same(await scanner.client.list(), []);
});

t.test('an overlap that a new pairing cut short stays short after a restart', async (t) => {
  const scanner = await tenant.pairScanner();
  const { deviceId, hardwareId } = scanner.credentials;
  const { csrPem: csr } = await makeScannerKey();
  t.equal(
    (await deviceRest(deviceUrl, scanner.credentials, 'POST', '/v1/devices/renew', { csr })).status,
    200,
  );
  t.equal((await pending(scanner.credentials)).status, 200, 'its old certificate overlaps the new one');
  const { pairing_code } = await tenant.must('POST', `/v1/devices/${deviceId}/pairing-code`);
  const again = await pair(node.node.publicUrl, pairing_code, { hardwareId });
  t.equal(await attemptSocket(deviceUrl, scanner.credentials), 'refused');
  await node.restart();
  t.equal(await attemptSocket(deviceUrl, scanner.credentials), 'refused', 'the database says so too');
  t.equal(await attemptSocket(deviceUrl, again), 'open');
});

// After the others: certificates issued once the clock was moved are not yet valid to OpenSSL.
t.test('an overlap ends by itself after ten minutes', async (t) => {
  const scanner = await tenant.pairScanner();
  const key = await makeScannerKey();
  const reply = await deviceRest(deviceUrl, scanner.credentials, 'POST', '/v1/devices/renew', {
    csr: key.csrPem,
  });
  t.match(reply.json, { device_id: scanner.credentials.deviceId, status: 'paired' });
  t.equal((await pending(scanner.credentials)).status, 200);
  node.clock.moveOn(10 * 60_000 + 1);
  await t.rejects(pending(scanner.credentials));
});

t.test('guesses are limited', async (t) => {
  const replies: RestReply[] = [];
  for (let i = 0; i < 25; i += 1) replies.push(await pairWith('YYYY-YYYY-Y', 'x'));
  const last = replies.at(-1)!;
  t.same(codes(last), [429, 'rate_limited']);
  t.ok(Number(last.headers.get('retry-after')) >= 1);
});

function codes(reply: RestReply): readonly [number, string | null] {
  return [reply.status, reply.code];
}

function pending(credentials: Credentials): Promise<RestReply> {
  return deviceRest(deviceUrl, credentials, 'GET', '/v1/challenges/pending');
}
