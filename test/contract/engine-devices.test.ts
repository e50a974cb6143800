/** Devices as operators keep them: listed, suspended, paired again, reminded, restricted by class. */
import { once } from 'node:events';
import t from 'tap';
import { remindRenewals } from '../../actors/upkeep.ts';
import { pair } from '../../bench/scanner/pair.ts';
import { attemptSocket, deviceRest, type Json, type RestReply, sharedTestNode } from '../support/node.ts';
import { capture, enrolmentScans, inBody, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const { deviceUrl, publicUrl } = node.node;
const codes = (reply: RestReply) => [reply.status, reply.code];
const pathOf = (scanner: { credentials: { deviceId: string } }, verb = '') =>
  `/v1/devices/${scanner.credentials.deviceId}${verb}`;

t.test('the list tells what is where, filtered and in order', async (t) => {
  const own = await TestTenant.create(node);
  const online = await own.scanner({
    device_name: 'B',
    device_class: 'pos',
    bound_product: 'pay',
    bound_action: 'x',
  });
  await online.client.report({ firmware: '2.1', battery: 0.5 });
  const away = await own.pairScanner({ device_name: 'A' });
  await own.register({ device_name: 'C', device_class: 'gate' });
  const names = async (query: string): Promise<string[]> => {
    const listed = await own.must('GET', `/v1/devices?${query}`);
    return listed.map((device: Json) => device.device_name);
  };
  t.same(await names(''), ['C', 'A', 'B'], 'newest first');
  t.same(await names('sort=device_name&order=asc'), ['A', 'B', 'C']);
  t.same(await names('sort=device_name&order=asc&page=2&page_size=2'), ['C']);
  t.same(await names('sort=device_name'), ['C', 'B', 'A']);
  t.same(await names('online=true'), ['B']);
  t.same(await names('online=false&sort=device_name&order=asc'), ['A', 'C']);
  t.same(await names('device_class=gate'), ['C']);
  t.same(await names('status=registered'), ['C']);
  t.same(await names('bound_product=pay'), ['B']);
  t.same(await names(`hardware_id=${away.credentials.hardwareId}`), ['A']);
  t.same(await names('certificate_expires_before=2020-01-01T00:00:00Z'), []);
  t.same((await names('certificate_expires_before=2100-01-01T00:00:00Z')).sort(), ['A', 'B']);
  for (const [query, field] of [
    ['sort=secret', 'sort'],
    ['order=up', 'order'],
    ['certificate_expires_before=soon', 'certificate_expires_before'],
  ] as const) {
    const refused = await own.call('GET', `/v1/devices?${query}`);
    t.same([refused.status, refused.json.error?.details.fields[0].field], [422, field], query);
  }
  const shown = await own.must('GET', pathOf(online));
  t.match(shown, { online: true, firmware: '2.1', certificate_expires_at: String, status: 'paired' });
  t.ok(Math.abs(Date.parse(shown.last_seen_at) - node.clock.now()) < 60_000, 'a connected one is seen now');
  t.match(await own.must('GET', pathOf(away)), { online: false, last_seen_at: null });
});

t.test('a suspended device is shut out until it is reactivated', async (t) => {
  const scanner = await tenant.scanner();
  const user = await tenant.user();
  const closed = once(scanner.client, 'closed');
  t.match(await tenant.must('POST', pathOf(scanner, '/suspend')), { status: 'suspended' });
  t.match((await closed)[0], { code: 4403 });
  const again = await scanner.client.connect().catch((error: { readonly details: unknown }) => error.details);
  t.same(again, { code: 4403 });
  const pending = () => deviceRest(deviceUrl, scanner.credentials, 'GET', '/v1/challenges/pending');
  t.same(codes(await pending()), [403, 'device_suspended']);
  const asked = await tenant.call('POST', '/v1/enroll', {
    user_id: user.user_id,
    ...scanner.device,
    palm_type: 'left',
  });
  t.same(codes(asked), [409, 'device_suspended']);
  t.same(codes(await tenant.call('POST', pathOf(scanner, '/pairing-code'))), [409, 'device_suspended']);
  t.equal((await tenant.call('POST', pathOf(scanner, '/suspend'))).status, 200, 'once more changes nothing');
  await node.restart();
  t.same(codes(await pending()), [403, 'device_suspended'], 'after a restart too');
  t.match(await tenant.must('POST', pathOf(scanner, '/reactivate')), { status: 'paired' });
  await scanner.client.connect();
  t.equal((await pending()).status, 200);

  const { device_id } = await tenant.register();
  await tenant.must('POST', `/v1/devices/${device_id}/suspend`);
  t.match(await tenant.must('POST', `/v1/devices/${device_id}/reactivate`), { status: 'registered' });
  await tenant.must('DELETE', pathOf(scanner));
  for (const verb of ['/suspend', '/reactivate', '/pairing-code']) {
    t.same(codes(await tenant.call('POST', pathOf(scanner, verb))), [409, 'device_revoked'], verb);
  }
  const { store } = node.engine.context;
  const audit = await store.list('audit', { where: { tenantId: tenant.tenantId } });
  const count = (type: string) => audit.filter(({ eventType }) => eventType === type).length;
  t.same([count('device_suspended'), count('device_reactivated')], [2, 2]);
});

t.test('a device is paired again with a new code, and what it had before ends', async (t) => {
  const scanner = await tenant.scanner();
  const first = await tenant.must('POST', pathOf(scanner, '/pairing-code'));
  const second = await tenant.must('POST', pathOf(scanner, '/pairing-code'));
  t.match(second, { device_id: scanner.credentials.deviceId, expires_in: 1800 });
  t.equal(await attemptSocket(deviceUrl, scanner.credentials), 'open');
  const hardware = { hardwareId: `${scanner.credentials.hardwareId}-new` };
  await t.rejects(pair(publicUrl, first.pairing_code, hardware), 'only the newest code works');
  const again = await pair(publicUrl, second.pairing_code, hardware);
  t.equal(again.deviceId, scanner.credentials.deviceId);
  t.equal(await attemptSocket(deviceUrl, scanner.credentials), 'refused');
  t.equal(await attemptSocket(deviceUrl, again), 'open');
  t.match(await tenant.must('GET', pathOf(scanner)), { status: 'paired', hardware_id: hardware.hardwareId });
  await t.rejects(pair(publicUrl, second.pairing_code, hardware), 'once');
});

t.test('another tenant’s device is not there', async (t) => {
  const theirs = await TestTenant.create(node);
  const { device_id } = await tenant.register();
  for (const verb of ['suspend', 'reactivate', 'pairing-code']) {
    const refused = await theirs.call('POST', `/v1/devices/${device_id}/${verb}`);
    t.same(codes(refused), [404, 'device_not_found'], verb);
  }
});

t.test('classes restrict where the tenant enforces them', async (t) => {
  const strict = await TestTenant.create(node, { enforce_device_class: true });
  const personal = await strict.scanner({ device_class: 'personal' });
  const pos = await strict.scanner({ device_class: 'pos' });
  const gate = await strict.scanner({ device_class: 'gate' });
  const user = await strict.user();
  const mismatch = 'device_class_mismatch';
  t.ok((await pos.client.enrol(user.user_id, enrolmentScans(5))).feature_ids.length > 0);
  for (const scanner of [personal, gate]) {
    t.equal(await scanner.codeOf(scanner.client.enrol(user.user_id, enrolmentScans(6))), mismatch);
  }
  t.match(await gate.client.transaction(capture(5), {}), { decision: 'allow' });
  t.equal(await personal.codeOf(personal.client.transaction(capture(5), {})), mismatch);
  const body = { scan: inBody(capture(5)), idempotency_key: 'class' };
  const refused = await deviceRest(deviceUrl, personal.credentials, 'POST', '/v1/device/transactions', body);
  t.same(codes(refused), [403, mismatch]);
  const verify = (device: object) => strict.call('POST', '/v1/verify', { user_id: user.user_id, ...device });
  t.equal((await verify(personal.device)).status, 201);
  t.same(codes(await verify(pos.device)), [403, mismatch]);
  t.equal(await pos.codeOf(pos.client.list()), mismatch);
  t.equal((await personal.client.list()).length, 1);

  const told = once(pos.client, 'config');
  await strict.must('PUT', pathOf(pos), { device_class: 'personal' });
  t.match((await told)[0], { device_class: 'personal' });
  t.equal(await pos.codeOf(pos.client.transaction(capture(5), {})), mismatch, 'from then on');
});

// After the others: certificates issued once the clock was moved are not yet valid to OpenSSL.
t.test('a scanner that stays connected is reminded when its window begins, and once a day', async (t) => {
  const scanner = await tenant.scanner();
  const { context } = node.engine;
  const reminders: string[] = [];
  scanner.client.on('renewDue', (expiresAt) => reminders.push(expiresAt));
  /** The device commits in order: the answer to its report comes after whatever the look led to. */
  const look = async () => {
    await remindRenewals(context);
    await scanner.client.report({});
  };
  const day = 86_400_000;
  await look();
  t.same(reminders, [], 'long before');
  node.clock.moveOn(61 * day);
  await look();
  t.equal(reminders.length, 1, 'inside the window of the policy');
  t.equal(Date.parse(reminders[0] ?? ''), Date.parse(scanner.credentials.expiresAt));
  await look();
  t.equal(reminders.length, 1);
  node.clock.moveOn(day + 1);
  await look();
  t.equal(reminders.length, 2, 'the next day again');
});
