/** Transactions that a scanner starts: a decision and a text, never who it was. */
import { once } from 'node:events';
import t from 'tap';
import { deviceRest, rest, sharedTestNode } from '../support/node.ts';
import { capture, inBody, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const user = await tenant.enrol(scanner, 1, ['left', 'right']);
await tenant.enrol(scanner, 2);
const { store } = node.engine.context;

t.test('a known palm is allowed, a stranger is not recognised', async (t) => {
  const allowed = await scanner.client.transaction(capture(1, 'left'), { gate: 'north' });
  t.match(allowed, { decision: 'allow', product_reference: null, status: 'completed' });
  const unknown = await scanner.client.transaction(capture(90), { gate: 'north' });
  t.match(unknown, { decision: 'not_recognized', status: 'completed' });
  for (const reply of [allowed, unknown]) t.notMatch(JSON.stringify(reply), /user|person|feature|score/);
  const rows = await store.list('transactions', { where: { tenantId: tenant.tenantId } });
  t.same(new Set(rows.map((row) => row.userId)), new Set([user.user_id, null]), 'the platform knows');
});

t.test('a scanner bound to a product asks its service, and there is none', async (t) => {
  const till = await tenant.scanner({ bound_product: 'payments', bound_action: 'charge' });
  t.match(await till.client.transaction(capture(1), {}), { decision: 'deny' });
  t.match(await till.client.transaction(capture(91), {}), { decision: 'not_recognized' });
});

t.test('one key is one decision', async (t) => {
  const scan = capture(2);
  const before = await store.count('transactions', { tenantId: tenant.tenantId });
  const calls = Array.from({ length: 5 }, () => scanner.client.transaction(scan, { amount: 5 }, 'key-1'));
  const replies = await Promise.all(calls);
  t.ok(replies.every((reply) => reply.decision === 'allow'));
  t.same(await scanner.client.transaction(scan, { amount: 5 }, 'key-1'), replies[0]);
  t.equal((await store.count('transactions', { tenantId: tenant.tenantId })) - before, 1);
  const other = scanner.client.transaction(scan, { amount: 6 }, 'key-1');
  t.equal(await scanner.codeOf(other), 'idempotency_conflict');
  const neighbour = await tenant.scanner();
  t.match(
    await neighbour.client.transaction(capture(92), {}, 'key-1'),
    { decision: 'not_recognized' },
    'of one scanner',
  );
});

t.test('the same over REST on the device listener, and nowhere else', async (t) => {
  const body = { scan: inBody(capture(1)), context: {}, idempotency_key: 'rest-1' };
  const { deviceUrl, publicUrl } = node.node;
  const call = (method: string, path: string, sent?: unknown) =>
    deviceRest(deviceUrl, scanner.credentials, method, path, sent);
  const first = await call('POST', '/v1/device/transactions', body);
  t.equal(first.status, 200);
  t.match(first.json, { decision: 'allow', status: 'completed' });
  t.same((await call('POST', '/v1/device/transactions', body)).json, first.json);
  const changed = await call('POST', '/v1/device/transactions', { ...body, context: { a: 1 } });
  t.same([changed.status, changed.code], [409, 'idempotency_conflict']);
  t.match((await call('GET', '/v1/challenges/pending')).json, { challenges: [] });
  const fresh = await tenant.user();
  const scans = [inBody(capture(30)), inBody(capture(30))];
  const enrolled = await call('POST', '/v1/device/enroll', { user_id: fresh.user_id, scans });
  t.match(enrolled.json, { palm_enrolled: true, feature_ids: [String] });
  const bad = await call('POST', '/v1/device/transactions', { ...body, scan: { ...body.scan, width: 3 } });
  t.equal(bad.status, 422);
  for (const [method, path, sent] of [
    ['GET', '/v1/challenges/pending', undefined],
    ['POST', '/v1/challenges/00000000-0000-4000-8000-000000000000/complete', { scan: body.scan }],
    ['POST', '/v1/device/transactions', body],
    ['POST', '/v1/device/enroll', { user_id: fresh.user_id, scans }],
    ['POST', '/v1/devices/renew', { csr: 'x' }],
  ] as const) {
    const refused = await rest(publicUrl, method, path, sent === undefined ? {} : { body: sent });
    t.same([refused.status, refused.json.success], [401, false], path);
  }
});

t.test('a suspended tenant is closed to everybody until it is active again', async (t) => {
  const shut = await TestTenant.create(node);
  const theirs = await shut.scanner();
  const closed = once(theirs.client, 'closed');
  const set = (verb: string) => node.platform('POST', `/v1/admin/tenants/${shut.tenantId}/${verb}`);
  const suspended = await set('suspend');
  t.match(suspended.data, { status: 'suspended' });
  t.match((await closed)[0], { code: 4403 });
  const refused = await shut.call('GET', '/v1/devices');
  t.same([refused.status, refused.code], [403, 'tenant_suspended']);
  const device = await deviceRest(node.node.deviceUrl, theirs.credentials, 'GET', '/v1/challenges/pending');
  t.same([device.status, device.code], [403, 'tenant_suspended']);
  const again = await theirs.client.connect().catch((error: { readonly details: unknown }) => error.details);
  t.same(again, { code: 4403 });
  t.equal((await tenant.call('GET', '/v1/devices')).status, 200, 'others go on');
  await set('reactivate');
  await theirs.client.connect();
  t.equal((await shut.call('GET', '/v1/devices')).status, 200);
});

t.test('who is suspended while being recognised is nobody, without a reason', async (t) => {
  const person = await tenant.enrol(scanner, 3);
  t.match(await scanner.client.transaction(capture(3), {}), { decision: 'allow' });
  const set = (status: 'suspended' | 'active') =>
    store.commit({
      tenantId: tenant.tenantId,
      writes: [{ update: 'users', where: { userId: person.user_id }, set: { status } }],
    });
  // Behind the back of every view, as another command does between recognition and commit.
  await set('suspended');
  t.match(await scanner.client.transaction(capture(3), {}, 'race'), { decision: 'not_recognized' });
  const [row] = await store.list('transactions', {
    where: { tenantId: tenant.tenantId },
    order: [['createdAt', 'desc']],
    limit: 1,
  });
  t.match(row, { userId: null, decision: 'not_recognized', decidedBy: 'recognition' });
  await set('active');
});

t.test('a key is free again after a day', async (t) => {
  t.match(await scanner.client.transaction(capture(1), {}, 'daily'), { decision: 'allow' });
  node.clock.moveOn(25 * 3_600_000);
  t.match(await scanner.client.transaction(capture(93), {}, 'daily'), { decision: 'not_recognized' });
});
