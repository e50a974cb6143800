/** Linked services over a whole engine: who registers them, what they decide, and what holds when they cannot. */
import t from 'tap';
import { resolveOverdueIntents } from '../../actors/transactions/resume.ts';
import { ProductSimulator } from '../../bench/services/product.ts';
import { deviceRest, type Json, startTestNode } from '../support/node.ts';
import { capture, eventually, inBody, TestTenant } from '../support/tenant.ts';

const node = await startTestNode();
const tenant = await TestTenant.create(node);
const { store } = node.engine.context;

const asAdmin = (method: string, path: string, body?: unknown, of: TestTenant = tenant) =>
  node.rest(method, path, { headers: of.admin, ...(body === undefined ? {} : { body }) });

async function product(): Promise<ProductSimulator> {
  const started = await ProductSimulator.start({ clock: node.clock });
  t.teardown(() => started.close());
  return started;
}

/** A product with its service and a till bound to it. */
async function shop(name: string, more: object = {}) {
  const backend = await product();
  const body = { product_key: name, base_url: backend.url, ...more };
  const { data: service } = await asAdmin('POST', '/v1/linked-services', body);
  backend.secret = service.secret;
  const till = await tenant.scanner({
    device_class: 'pos',
    bound_product: name,
    bound_action: 'charge',
  });
  return { backend, service, till };
}

async function shownOf(id: string): Promise<Json> {
  const { data } = await asAdmin('GET', '/v1/linked-services');
  return data.find((service: Json) => service.linked_service_id === id);
}

const enroller = await tenant.scanner();
const user = await tenant.enrol(enroller, 1);
await tenant.enrol(enroller, 2);
const bill = { amount: '50.00', currency: 'SAR', table: 7 };
const codes = (reply: { status: number; code: string | null }) => [reply.status, reply.code];

t.test('a tenant administrator registers, changes and removes a service', async (t) => {
  const backend = await product();
  const body = {
    product_key: 'registered',
    base_url: `${backend.url}/`,
    authorize_path: '/authorize',
    health_path: '/health',
    timeout_ms: 1_500,
    fail_mode: 'allow',
  };
  const created = await asAdmin('POST', '/v1/linked-services', body);
  t.equal(created.status, 201);
  t.match(created.data, {
    product_key: 'registered',
    base_url: backend.url,
    timeout_ms: 1_500,
    fail_mode: 'allow',
    breaker: { state: 'closed' },
    secret: /^whsec_/,
  });
  const id = created.data.linked_service_id;
  t.same(codes(await asAdmin('POST', '/v1/linked-services', body)), [409, 'linked_service_taken']);
  const healthy = await eventually(
    () => shownOf(id),
    (shown) => shown.health_status === 'healthy',
  );
  t.ok(Date.parse(healthy.last_health_check_at) > 0);
  t.notOk('secret' in healthy, 'the secret is shown once');

  const defaults = await asAdmin('POST', '/v1/linked-services', {
    product_key: 'defaults',
    base_url: backend.url,
  });
  t.match(defaults.data, { fail_mode: 'deny', health_path: null, health_status: 'unknown' });
  const twin = await asAdmin('PATCH', `/v1/linked-services/${defaults.data.linked_service_id}`, {
    product_key: 'registered',
  });
  t.same(codes(twin), [409, 'linked_service_taken']);
  const changed = await asAdmin('PATCH', `/v1/linked-services/${id}`, { fail_mode: 'deny', timeout_ms: 900 });
  t.match(changed.data, { fail_mode: 'deny', timeout_ms: 900, product_key: 'registered' });

  const neighbours = await TestTenant.create(node);
  t.equal(
    (await asAdmin('POST', '/v1/linked-services', body, neighbours)).status,
    201,
    'a key is the tenant’s',
  );
  for (const [method, sent] of [
    ['PATCH', { timeout_ms: 500 }],
    ['DELETE', undefined],
  ] as const) {
    const foreign = await asAdmin(method, `/v1/linked-services/${id}`, sent, neighbours);
    t.same(codes(foreign), [404, 'linked_service_not_found']);
  }
  t.equal((await tenant.call('GET', '/v1/linked-services')).status, 403, 'no client');
  t.equal((await asAdmin('DELETE', `/v1/linked-services/${id}`)).data.deleted, true);
  t.same(codes(await asAdmin('DELETE', `/v1/linked-services/${id}`)), [404, 'linked_service_not_found']);
  t.equal(await shownOf(id), undefined);
  const audit = await store.list('audit', { where: { tenantId: tenant.tenantId } });
  for (const what of ['created', 'updated', 'deleted']) {
    t.ok(
      audit.some(({ eventType }) => eventType === `linked_service_${what}`),
      what,
    );
  }
});

t.test('what makes no sense is refused by name', async (t) => {
  const post = (change: object) =>
    asAdmin('POST', '/v1/linked-services', { product_key: 'odd', base_url: 'http://127.0.0.1:9', ...change });
  for (const [change, field] of [
    [{ timeout_ms: 60_000 }, 'timeout_ms'],
    [{ fail_mode: 'maybe' }, 'fail_mode'],
    [{ authorize_path: 'authorize' }, 'authorize_path'],
    [{ health_path: '/a#b' }, 'health_path'],
    [{ base_url: 'ftp://example.com' }, 'base_url'],
  ] as const) {
    const refused = await post(change);
    t.same([refused.status, refused.json.error.details.fields[0].field], [422, field]);
  }
  for (const base_url of ['http://a:b@127.0.0.1', 'http://127.0.0.1/?a=b']) {
    t.same(codes(await post({ base_url })), [400, 'linked_service_target_refused'], base_url);
  }
});

t.test('the service decides, and is told what it needs', async (t) => {
  const { backend, till } = await shop('payments');
  const reply = await till.client.transaction(capture(1), bill);
  t.same(reply, {
    decision: 'allow',
    display_message: 'Thank you',
    product_reference: 'sim_txn_1',
    status: 'completed',
  });
  const [entry] = [...backend.ledger.values()];
  t.match(entry?.question, {
    transaction_id: entry?.key,
    tenant_id: tenant.tenantId,
    product_key: 'payments',
    user_id: user.user_id,
    external_user_id: 'person-1',
    device: { ...till.device, device_id: till.credentials.deviceId, class: 'pos', bound_action: 'charge' },
    amount: '50.00',
    currency: 'SAR',
    context: bill,
  });
  const row = await store.get('transactions', { transactionId: entry!.key });
  t.match(row, { state: 'decided', decision: 'allow', decidedBy: 'service', productReference: 'sim_txn_1' });
  t.equal(await store.count('transactionIntents', {}), 0);

  backend.behaviour = 'quiet';
  t.match(await till.client.transaction(capture(1), bill), { display_message: 'Approved · SAR 50.00' });
  backend.behaviour = 'deny';
  t.match(await till.client.transaction(capture(1), bill), {
    decision: 'deny',
    display_message: 'Insufficient funds',
    product_reference: null,
  });
  const before = backend.questions;
  t.match(await till.client.transaction(capture(90), bill), { decision: 'not_recognized' });
  t.equal(backend.questions, before, 'nobody is asked about a stranger');
  t.equal(backend.forged, 0);
});

t.test('a repeat is the same answer, another body a conflict, and duplicates one charge', async (t) => {
  const { backend, till } = await shop('repeats');
  const scan = capture(2);
  backend.behaviour = 'hold';
  const many = Array.from({ length: 6 }, () => till.client.transaction(scan, bill, 'k'));
  await backend.until(() => backend.questions === 1);
  t.equal(
    await till.codeOf(till.client.transaction(scan, { ...bill, amount: '51.00' }, 'k')),
    'idempotency_conflict',
  );
  backend.behaviour = 'allow';
  backend.release();
  const replies = await Promise.all(many);
  t.equal(new Set(replies.map((reply) => JSON.stringify(reply))).size, 1);
  t.same(await till.client.transaction(scan, bill, 'k'), replies[0]);
  const body = { scan: inBody(scan), context: bill, idempotency_key: 'k' };
  const { deviceUrl } = node.node;
  const overRest = await deviceRest(deviceUrl, till.credentials, 'POST', '/v1/device/transactions', body);
  t.same(overRest.json, replies[0]);
  t.same([backend.questions, backend.ledger.size], [1, 1]);
  t.equal(await till.codeOf(till.client.transaction(scan, {}, 'k')), 'idempotency_conflict');
});

t.test('a service that cannot be asked gives its fail mode, and a missing one denies', async (t) => {
  const { backend, service, till } = await shop('failing', { timeout_ms: 150 });
  const path = `/v1/linked-services/${service.linked_service_id}`;
  for (const failMode of ['deny', 'allow'] as const) {
    await asAdmin('PATCH', path, { fail_mode: failMode });
    const expected = {
      decision: failMode,
      display_message: failMode === 'allow' ? 'Approved · SAR 50.00' : 'Service unavailable',
      product_reference: null,
    };
    for (const behaviour of ['fail', 'garbage', 'hold'] as const) {
      backend.behaviour = behaviour;
      t.match(await till.client.transaction(capture(1), bill), expected, `${behaviour} ${failMode}`);
    }
    t.match(await shownOf(service.linked_service_id), {
      health_status: 'degraded',
      breaker: { failures: 3 },
    });
    backend.behaviour = 'refuse';
    t.match(
      await till.client.transaction(capture(1), bill),
      { decision: 'deny', display_message: 'Declined · SAR 50.00' },
      'a refusal is no outage',
    );
    t.match(await shownOf(service.linked_service_id), { breaker: { state: 'closed', failures: 0 } });
  }
  const rows = await store.list('transactions', {
    where: { tenantId: tenant.tenantId, productKey: 'failing' },
  });
  t.same(
    new Set(rows.map(({ decidedBy, reason }) => `${decidedBy} ${reason}`)),
    new Set(['fail_mode server_error', 'fail_mode bad_reply', 'fail_mode timeout', 'service refused_422']),
  );
  await asAdmin('DELETE', path);
  t.match(await till.client.transaction(capture(1), bill), { decision: 'deny' });
  const missing = await store.list('transactions', {
    where: { productKey: 'failing', reason: 'service_missing' },
  });
  t.match(missing, [{ decidedBy: 'fail_mode', decision: 'deny' }]);
});

t.test('a connection that breaks is tried once more under the same key', async (t) => {
  const { backend, till } = await shop('flaky');
  backend.behaviour = 'lost';
  const asked = till.client.transaction(capture(1), bill);
  await backend.until(() => backend.questions === 1);
  backend.behaviour = 'allow';
  t.match(await asked, { decision: 'allow', product_reference: 'sim_txn_1' });
  t.equal(backend.ledger.size, 1, 'charged once');
});

t.test('a breaker spares a failing service, and one probe finds it well', async (t) => {
  const { backend, service, till } = await shop('breaking', { health_path: '/health' });
  backend.behaviour = 'fail';
  for (let i = 0; i < 5; i += 1) await till.client.transaction(capture(1), bill);
  const open = await shownOf(service.linked_service_id);
  t.match(open, { health_status: 'unhealthy', breaker: { state: 'open', retry_at: String } });
  const before = backend.questions;
  t.match(await till.client.transaction(capture(1), bill), { decision: 'deny' });
  t.equal(backend.questions, before, 'it is not asked');
  const seen = node.engine.api.ops.actors({ kind: 'linked-service', limit: 100 });
  const actor = seen.find(({ key }) => key.endsWith(service.linked_service_id));
  t.equal(actor?.state, 'open', 'operators see it');

  node.clock.moveOn(Date.parse(open.breaker.retry_at) - node.clock.now() + 1);
  backend.behaviour = 'hold';
  const probe = till.client.transaction(capture(1), bill);
  await backend.until(() => backend.questions === before + 1);
  t.match(await till.client.transaction(capture(2), bill), { decision: 'deny' }, 'only the probe is asked');
  t.match(await shownOf(service.linked_service_id), { breaker: { state: 'half_open' } });
  backend.release();
  t.match(await probe, { decision: 'allow' });
  t.match(await shownOf(service.linked_service_id), { breaker: { state: 'closed', failures: 0 } });
});

t.test('health is checked on a schedule, and after a restart too', async (t) => {
  const { backend, service, till } = await shop('checked', { health_path: '/health' });
  const id = service.linked_service_id;
  await eventually(
    () => shownOf(id),
    ({ health_status }) => health_status === 'healthy',
  );
  backend.healthy = false;
  for (const status of ['degraded', 'degraded', 'unhealthy']) {
    const { checks } = backend;
    node.clock.moveOn(40_000);
    await shownOf(id);
    await backend.until(() => backend.checks > checks);
    await eventually(
      () => shownOf(id),
      ({ health_status }) => health_status === status,
    );
  }
  await eventually(
    () => store.get('linkedServices', { serviceId: id }),
    (row) => row?.healthFailures === 3,
  );
  await node.restart();
  t.match(await shownOf(id), { health_status: 'unhealthy' }, 'what was known is known');
  backend.healthy = true;
  const { checks } = backend;
  node.clock.moveOn(40_000);
  await shownOf(id);
  await backend.until(() => backend.checks > checks);
  await eventually(
    () => shownOf(id),
    ({ health_status }) => health_status === 'healthy',
  );
  await till.client.connect();
});

/** Answers cannot be committed until the returned function is called. */
function loseAnswers(): () => void {
  const { store: now } = node.engine.context;
  const { commit } = now;
  now.commit = async (what) => {
    const answer = what.writes.some((write) => 'delete' in write && write.delete === 'transactionIntents');
    if (answer) throw new Error('the connection is gone');
    return commit.call(now, what);
  };
  return () => {
    now.commit = commit;
  };
}

t.test('an answer that was not committed is asked for again, and no one is charged twice', async (t) => {
  const { backend, till } = await shop('uncommitted');
  const { store } = node.engine.context;
  const scan = capture(1);
  const mend = loseAnswers();
  await t.rejects(till.client.transaction(scan, bill, 'lost'));
  mend();
  t.equal(await store.count('transactionIntents', {}), 1, 'the question is not forgotten');
  const [entry] = [...backend.ledger.values()];
  t.match(await store.get('transactions', { transactionId: entry!.key }), { state: 'asked', decision: null });
  const conflict = till.client.transaction(scan, {}, 'lost');
  t.equal(await till.codeOf(conflict), 'idempotency_conflict', 'its key is taken already');
  const answer = await till.client.transaction(scan, bill, 'lost');
  t.match(answer, { decision: 'allow', product_reference: 'sim_txn_1' });
  t.equal(backend.ledger.size, 1);
  t.equal(await store.count('transactionIntents', {}), 0);
  t.same(await till.client.transaction(scan, bill, 'lost'), answer);
});

t.test('a question that nobody repeats is settled by the engine itself', async (t) => {
  const { backend, till } = await shop('unrepeated');
  const { context } = node.engine;
  const mend = loseAnswers();
  await t.rejects(till.client.transaction(capture(1), bill));
  mend();
  const [entry] = [...backend.ledger.values()];
  const row = () => context.store.get('transactions', { transactionId: entry!.key });
  backend.behaviour = 'fail';
  node.clock.moveOn(20_000);
  await resolveOverdueIntents(context);
  t.match(await row(), { state: 'asked' }, 'the service may be back before it is too old');
  backend.behaviour = 'allow';
  await resolveOverdueIntents(context);
  t.match(await row(), { state: 'decided', decision: 'allow', decidedBy: 'service' });
  t.equal(backend.ledger.size, 1);
});

t.test('a question that is too old is not asked any more', async (t) => {
  const { backend, till } = await shop('old');
  const { context } = node.engine;
  const scan = capture(1);
  const mend = loseAnswers();
  await t.rejects(till.client.transaction(scan, bill, 'old'));
  mend();
  const { questions } = backend;
  node.clock.moveOn(121_000);
  const answer = await till.client.transaction(scan, bill, 'old');
  t.match(answer, { decision: 'deny' });
  t.equal(backend.questions, questions);
  const [entry] = [...backend.ledger.values()];
  const row = await context.store.get('transactions', { transactionId: entry!.key });
  t.match(row, { decidedBy: 'fail_mode', reason: 'abandoned' });
  t.same(await till.client.transaction(scan, bill, 'old'), answer);
});

t.test('a private target is refused where it is not allowed', async (t) => {
  const strict = await startTestNode({ THENAR_WEBHOOK_ALLOW_PRIVATE: '0' });
  const theirs = await TestTenant.create(strict);
  for (const base_url of [
    'http://example.com',
    'https://127.0.0.1',
    'https://10.0.0.1',
    'https://localhost',
  ]) {
    const refused = await strict.rest('POST', '/v1/linked-services', {
      headers: theirs.admin,
      body: { product_key: 'p', base_url },
    });
    t.same(codes(refused), [400, 'linked_service_target_refused'], base_url);
  }
});
