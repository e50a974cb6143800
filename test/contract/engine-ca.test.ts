/** The life of the platform CA on a whole engine: made, replaced by one's own, made anew. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { tendAuthorities } from '../../actors/tls/retire.ts';
import { pair } from '../../bench/scanner/pair.ts';
import { certificateLibrary } from '../../engine/pki/library.ts';
import { TestAuthority } from '../support/certificates.ts';
import { attemptSocket, deviceRest, startTestNode } from '../support/node.ts';
import { type TestScanner, TestTenant } from '../support/tenant.ts';
import { shownFingerprint } from '../support/tls.ts';

const x509 = certificateLibrary();

const path = '/v1/admin/ssl/ca-cert';
const node = await startTestNode();
const tenant = await TestTenant.create(node);
const { deviceUrl } = node.node;
const outside = await TestAuthority.make();
const upload = { certificate: outside.caPem, private_key: outside.caKeyPem };
const issuerOf = (pem: string) => new X509Certificate(pem).issuer;

async function listed(generation: number): Promise<string[]> {
  const { json } = await node.rest('GET', `/v1/pki/crl?generation=${generation}`);
  const crl = new x509.X509Crl(Uint8Array.from(json as Buffer).buffer);
  return crl.entries.map(({ serialNumber }) => serialNumber.toLowerCase());
}

const serialOf = (pem: string) => new X509Certificate(pem).serialNumber.toLowerCase();

t.test('as long as nobody holds a certificate another may be made', async (t) => {
  const before = (await node.platform('GET', path)).data;
  t.match(before, { generation: 1, device_certificates: 0, key_type: 'EC P-256' });
  t.equal(before.certificate, readFileSync(node.node.caFile, 'utf8'));
  const shown = await shownFingerprint(deviceUrl);
  const made = await node.platform('POST', `${path}/generate`);
  t.equal(made.status, 201);
  t.match(made.data, { generation: 2, still_trusted: [] });
  t.equal(readFileSync(node.node.caFile, 'utf8'), made.data.certificate);
  t.not(await shownFingerprint(deviceUrl), shown, 'the device listener shows one of it');
});

let early: TestScanner;

t.test('not any more once a device is paired', async (t) => {
  early = await tenant.scanner();
  const refused = await node.platform('POST', `${path}/generate`);
  t.same([refused.status, refused.code], [409, 'platform_ca_in_use']);
  t.match(refused.json.message, /regenerate/);
  t.same(refused.json.error.details, { generation: 2, device_certificates: 1 });
});

t.test('an uploaded CA issues from now on, and what was issued before stands', async (t) => {
  const shown = await shownFingerprint(deviceUrl);
  const mismatch = await node.platform('PUT', path, { ...upload, private_key: early.credentials.keyPem });
  t.same([mismatch.status, mismatch.code], [422, 'certificate_invalid']);
  const reply = await node.platform('PUT', path, upload);
  t.match(reply.data, { generation: 3, device_certificates: 1, still_trusted: [2] });
  t.match((await node.platform('PUT', path, upload)).data, { generation: 3 }, 'again, it is the same');

  t.same(await early.client.list(), []);
  await early.client.close();
  await early.client.connect();
  t.match(readFileSync(node.node.caFile, 'utf8'), outside.caPem);

  const late = await tenant.scanner();
  t.equal(issuerOf(late.credentials.certificatePem), new X509Certificate(outside.caPem).subject);
  t.ok(late.credentials.caChainPem.startsWith(outside.caPem.trim()));
  t.same(await late.client.list(), []);
  await node.restart();
  t.equal(await attemptSocket(deviceUrl, late.credentials), 'open');
  t.equal(await attemptSocket(deviceUrl, early.credentials), 'open');
  t.equal(await shownFingerprint(deviceUrl), shown, 'a restart keeps the certificate of the listener');

  // The last device of the old generation goes, and then so does the generation.
  await tenant.call('DELETE', `/v1/devices/${early.credentials.deviceId}`);
  t.same(await listed(2), [serialOf(early.credentials.certificatePem)]);
  await tendAuthorities(node.engine.context);
  t.match((await node.platform('GET', path)).data, { generation: 3, still_trusted: [] });
  t.equal(
    await attemptSocket(deviceUrl, late.credentials),
    'open',
    'it trusts the certificate of the new CA',
  );
});

t.test('regenerating wants a clear word', async (t) => {
  for (const body of [{}, { confirm: false }, { confirm: 'yes' }]) {
    const refused = await node.platform('POST', `${path}/regenerate`, body);
    t.equal(refused.status, 422);
    t.equal(refused.json.error.details.fields[0].field, 'confirm');
  }
  t.equal((await node.platform('POST', `${path}/regenerate`)).status, 400);
});

t.test('regenerated, it ends every device certificate at once and for good', async (t) => {
  const scanner = await tenant.scanner();
  const other = await (await TestTenant.create(node)).scanner();
  const { deviceId, hardwareId } = scanner.credentials;
  const closed = [once(scanner.client, 'closed'), once(other.client, 'closed')];
  const reply = await node.platform('POST', `${path}/regenerate`, { confirm: true });
  t.match(reply.data, { generation: 4, device_certificates: 0, still_trusted: [] });
  for (const [how] of await Promise.all(closed)) t.match(how, { code: 4401 });
  t.equal(readFileSync(node.node.caFile, 'utf8'), reply.data.certificate);
  t.equal((await node.rest('GET', '/v1/pki/ca')).json.toString(), reply.data.certificate);

  const refusedEverywhere = async () => {
    for (const { credentials } of [scanner, other]) {
      t.equal(await attemptSocket(deviceUrl, credentials), 'refused');
      await t.rejects(
        deviceRest(
          deviceUrl,
          { ...credentials, caChainPem: reply.data.certificate },
          'GET',
          '/v1/challenges/pending',
        ),
      );
    }
  };
  await refusedEverywhere();
  t.ok(
    (await listed(3)).includes(serialOf(scanner.credentials.certificatePem)),
    'the old list names all of it',
  );
  t.same(await listed(4), []);

  const { pairing_code } = await tenant.must('POST', `/v1/devices/${deviceId}/pairing-code`);
  const again = await pair(node.node.publicUrl, pairing_code, { hardwareId });
  t.equal(again.deviceId, deviceId, 'the same device, paired again');
  t.equal(await attemptSocket(deviceUrl, again), 'open');
  await node.restart();
  await refusedEverywhere();
  t.equal(await attemptSocket(deviceUrl, again), 'open');

  const [event] = await node.engine.context.store.list('audit', {
    where: { eventType: 'platform_ca_regenerated' },
  });
  t.match(event, { severity: 'high', actor: /^console\//, details: { generation: 4 } });
});

t.test('a pairing that a new CA overtakes is asked for again', async (t) => {
  const { context } = node.engine;
  const { current } = context.tls.authorities;
  const { pairing_code } = await tenant.register();
  // As if this engine had signed with it just before.
  await node.platform('POST', `${path}/regenerate`, { confirm: true });
  const renewed = context.tls.authorities.current;
  context.tls.authorities.replace([current]);
  await t.rejects(pair(node.node.publicUrl, pairing_code, { hardwareId: 'overtaken' }), {
    code: 'unavailable',
  });
  context.tls.authorities.replace([renewed]);
  const paired = await pair(node.node.publicUrl, pairing_code, { hardwareId: 'overtaken' });
  t.equal(await attemptSocket(deviceUrl, paired), 'open', 'with the same code');
});

t.test('the device policy holds at once, and after a restart', async (t) => {
  const policy = '/v1/admin/ssl/device-policy';
  t.same((await node.platform('GET', policy)).data, { validity_days: 90, renewal_window_days: 30 });
  const reply = await node.platform('PUT', policy, { validity_days: 20 });
  t.equal(reply.status, 422, 'the window would be longer than the life');
  t.same(reply.json.error.details.fields[0].field, 'renewal_window_days');
  const changed = { validity_days: 20, renewal_window_days: 5 };
  t.same((await node.platform('PUT', policy, changed)).data, changed);
  await node.restart();
  t.same((await node.platform('GET', policy)).data, changed);
  const short = await tenant.scanner();
  const days = (Date.parse(short.credentials.expiresAt) - node.clock.now()) / 86_400_000;
  t.ok(days > 19 && days <= 20, String(days));
  const due = new Promise((resolve) => short.client.once('renewDue', resolve));
  await node.platform('PUT', policy, { validity_days: 60, renewal_window_days: 40 });
  t.equal(await due, short.credentials.expiresAt, 'who is connected hears of a longer window');
});
