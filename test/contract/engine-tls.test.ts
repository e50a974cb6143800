/** The server certificate of a whole engine: uploaded, replaced, removed, while scanners and requests live on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { engineRequests } from '../../transport/cli/engine.ts';
import { TestAuthority } from '../support/certificates.ts';
import { RawClient } from '../support/driver-world.ts';
import { startTestNode } from '../support/node.ts';
import { TestTenant } from '../support/tenant.ts';
import { secureRest, shownFingerprint } from '../support/tls.ts';

const administrator = { email: 'root@platform.example', password: 'correct horse battery staple' };
const path = '/v1/admin/ssl/server-cert';
const outside = await TestAuthority.make();
const first = await outside.server('localhost', 'id.example', '*.id.example');
const second = await outside.server('localhost', 'id.example');
const ca = outside.caPem;

const node = await startTestNode();
const headers = await node.signIn(administrator);
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const { publicUrl, deviceUrl } = node.node;
const own = await shownFingerprint(deviceUrl);

const secure = (method: string, where: string, body?: unknown) =>
  secureRest(publicUrl, ca, method, where, { headers, body });

function partsOf(identity: typeof first): FormData {
  const form = new FormData();
  form.set('certificate', new Blob([identity.certPem]), 'certificate.pem');
  form.set('private_key', identity.keyPem);
  form.set('chain', new Blob([ca]), 'chain.pem');
  return form;
}

t.test('a fresh deployment has none', async (t) => {
  t.same(
    [(await node.platform('GET', path)).status, (await node.platform('DELETE', path)).status],
    [404, 404],
  );
  t.same((await node.platform('GET', '/v1/admin/ssl/status')).data, {
    server_cert_configured: false,
    platform_ca_configured: true,
    setup_complete: false,
    https: false,
    restart_pending: false,
  });
});

t.test('a refused upload changes nothing', async (t) => {
  const form = partsOf(first);
  form.set('private_key', second.keyPem);
  const reply = await fetch(new URL(path, publicUrl), { method: 'PUT', headers, body: form });
  t.equal(reply.status, 422);
  t.match(await reply.json(), {
    success: false,
    error: { code: 'certificate_invalid', details: { part: 'private_key', reason: 'key_mismatch' } },
  });
  t.equal((await node.platform('GET', path)).status, 404);
  t.match(node.node.publicUrl, /^http:/);
});

t.test('an upload turns the port to HTTPS, and what is under way ends on the old connection', async (t) => {
  const waiting = await RawClient.open(Number(new URL(publicUrl).port));
  t.teardown(() => waiting.close());
  const body = JSON.stringify(administrator);
  waiting.send('POST /v1/console/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n');
  waiting.send(`Content-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`);
  // The server has the head of that request once it answers a later one.
  await node.platform('GET', path);

  const reply = await fetch(new URL(path, publicUrl), { method: 'PUT', headers, body: partsOf(first) });
  const told = (await reply.json()) as { data: Record<string, unknown> };
  t.equal(reply.status, 200, JSON.stringify(told));
  t.match(told.data, {
    fingerprint: first.fingerprint,
    names: ['localhost', 'id.example', '*.id.example'],
    key_type: 'EC P-256',
    issuer: /Thenar CA/,
    days_remaining: Number,
  });
  t.notMatch(JSON.stringify(told), /PRIVATE KEY/);

  const shown = await secure('GET', path);
  t.same(
    [shown.status, shown.fingerprint, shown.json.data.fingerprint],
    [200, first.fingerprint, first.fingerprint],
  );
  t.match((await secure('GET', '/v1/admin/ssl/status')).json.data, { setup_complete: true, https: true });
  t.match(node.node.publicUrl, /^https:/);
  waiting.send(body.slice(10));
  t.match(await waiting.until(/csrf_token/), /^HTTP\/1.1 200 /);

  t.same(await scanner.client.list(), [], 'the scanner’s socket stays');
});

t.test('who speaks plain HTTP to it is told', async (t) => {
  const plain = await RawClient.open(Number(new URL(publicUrl).port));
  plain.send('GET /v1/admin/ssl/status HTTP/1.1\r\nHost: a\r\n\r\n');
  t.match(await plain.ended(), /^HTTP\/1.1 400 [\s\S]*HTTPS/);
});

t.test('the device listener shows it to whoever asks for its names only', async (t) => {
  t.equal(await shownFingerprint(deviceUrl), own, 'and otherwise what it showed before');
  t.equal(await shownFingerprint(deviceUrl, 'elsewhere.example'), own);
  t.equal(await shownFingerprint(deviceUrl, 'id.example'), first.fingerprint);
  t.equal(await shownFingerprint(deviceUrl, 'a.id.example'), first.fingerprint);
  t.equal(await shownFingerprint(deviceUrl, 'a.b.id.example'), own);
});

t.test('another certificate takes its place at once', async (t) => {
  const body = { certificate: second.certPem + ca, private_key: second.keyPem };
  t.equal((await secure('PUT', path, body)).status, 200, 'as JSON too');
  t.equal((await secure('GET', path)).fingerprint, second.fingerprint);
  t.equal(await shownFingerprint(deviceUrl, 'id.example'), second.fingerprint);
  t.same(await scanner.client.list(), []);
});

t.test('commands on this machine know the engine by its fingerprint', async (t) => {
  const login = await engineRequests(node.dataDir, undefined)('/v1/console/login', {}, administrator);
  t.equal(login.status, 200);
  t.match(login.body, { data: { role: 'platform_admin' } });
  t.equal(JSON.parse(readFileSync(join(node.dataDir, 'node.json'), 'utf8')).public, node.node.publicUrl);
});

t.test('a stored certificate is served from the start, also once it has run out', async (t) => {
  await node.restart();
  t.match(node.node.publicUrl, /^https:/);
  t.equal((await secure('GET', path)).fingerprint, second.fingerprint);
  const { checks } = await node.engine.api.ops.readiness();
  t.same(checks.server_certificate, { ok: true, required: false });
  node.clock.moveOn(400 * 24 * 3600 * 1000);
  const later = await node.engine.api.ops.readiness();
  t.match(later, { ready: true, checks: { server_certificate: { ok: false, detail: /^expired on / } } });
  t.ok(Number(node.engine.api.tls.serverCertificate().daysRemaining) < 0);
  await node.restart();
  t.match(node.logged.at(-1)?.message, /run out/);
  t.equal(await shownFingerprint(publicUrl), second.fingerprint);
  node.clock.moveOn(-400 * 24 * 3600 * 1000);
  // The time of day goes back only with a restart.
  await node.restart();
});

t.test('removed, it is served until the next start', async (t) => {
  const session = await secureRest(publicUrl, ca, 'GET', '/v1/admin/ssl/status', { headers });
  t.equal(session.status, 200, 'sessions outlive all of this');
  t.same((await secure('DELETE', path)).json.data, { deleted: true, takes_effect: 'next_start' });
  t.equal((await secure('GET', path)).status, 404);
  t.match((await secure('GET', '/v1/admin/ssl/status')).json.data, {
    server_cert_configured: false,
    https: true,
    restart_pending: true,
  });
  await node.restart();
  t.match(node.node.publicUrl, /^http:/);
  t.match((await node.platform('GET', '/v1/admin/ssl/status')).data, {
    https: false,
    restart_pending: false,
  });
  const events = await node.engine.context.store.list('audit', {
    where: { eventType: { in: ['server_cert_uploaded', 'server_cert_deleted'] } },
    order: [['seq', 'asc']],
  });
  t.same(
    events.map(({ eventType }) => eventType),
    ['server_cert_uploaded', 'server_cert_uploaded', 'server_cert_deleted'],
  );
  t.match(events[0]?.actor, /^console\//);
});
