/** Linked services over a whole engine: who registers them, and how well they are. */
import t from 'tap';
import { sharedTestNode } from '../support/node.ts';
import { Shops } from '../support/shop.ts';
import { capture, eventually, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const shops = new Shops(node, tenant);
const { store } = node.engine.context;
await tenant.enrol(await tenant.scanner(), 1);
const bill = { amount: '50.00', currency: 'SAR' };
const codes = (reply: { status: number; code: string | null }) => [reply.status, reply.code];

t.test('a tenant administrator registers, changes and removes a service', async (t) => {
  const backend = await shops.product();
  const body = {
    product_key: 'registered',
    base_url: `${backend.url}/`,
    authorize_path: '/authorize',
    health_path: '/health',
    timeout_ms: 1_500,
    fail_mode: 'allow',
  };
  const created = await shops.admin('POST', '/v1/linked-services', body);
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
  t.same(codes(await shops.admin('POST', '/v1/linked-services', body)), [409, 'linked_service_taken']);
  const healthy = await eventually(
    () => shops.shown(id),
    (shown) => shown.health_status === 'healthy',
  );
  t.ok(Date.parse(healthy.last_health_check_at) > 0);
  t.notOk('secret' in healthy, 'the secret is shown once');

  const defaults = await shops.admin('POST', '/v1/linked-services', {
    product_key: 'defaults',
    base_url: backend.url,
  });
  t.match(defaults.data, { fail_mode: 'deny', health_path: null, health_status: 'unknown' });
  const twin = await shops.admin('PATCH', `/v1/linked-services/${defaults.data.linked_service_id}`, {
    product_key: 'registered',
  });
  t.same(codes(twin), [409, 'linked_service_taken']);
  const changed = await shops.admin('PATCH', `/v1/linked-services/${id}`, {
    fail_mode: 'deny',
    timeout_ms: 900,
  });
  t.match(changed.data, { fail_mode: 'deny', timeout_ms: 900, product_key: 'registered' });

  const neighbours = await TestTenant.create(node);
  t.equal(
    (await shops.admin('POST', '/v1/linked-services', body, neighbours)).status,
    201,
    'a key is the tenant’s',
  );
  for (const [method, sent] of [
    ['PATCH', { timeout_ms: 500 }],
    ['DELETE', undefined],
  ] as const) {
    const foreign = await shops.admin(method, `/v1/linked-services/${id}`, sent, neighbours);
    t.same(codes(foreign), [404, 'linked_service_not_found']);
  }
  t.equal((await tenant.call('GET', '/v1/linked-services')).status, 403, 'no client');
  t.equal((await shops.admin('DELETE', `/v1/linked-services/${id}`)).data.deleted, true);
  t.same(codes(await shops.admin('DELETE', `/v1/linked-services/${id}`)), [404, 'linked_service_not_found']);
  t.equal(await shops.shown(id), undefined);
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
    shops.admin('POST', '/v1/linked-services', {
      product_key: 'odd',
      base_url: 'http://127.0.0.1:9',
      ...change,
    });
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

t.test('a breaker spares a failing service, and one probe finds it well', async (t) => {
  const { backend, service, till } = await shops.open('breaking', { health_path: '/health' });
  backend.behaviour = 'fail';
  for (let i = 0; i < 5; i += 1) await till.client.transaction(capture(1), bill);
  const open = await shops.shown(service.linked_service_id);
  t.match(open, { health_status: 'unhealthy', breaker: { state: 'open', retry_at: String } });
  const before = backend.questions;
  t.match(await till.client.transaction(capture(1), bill), { decision: 'deny' });
  t.equal(backend.questions, before, 'it is not asked');
  const seen = await node.engine.api.ops.actors({ kind: 'linked-service', limit: 100 });
  const actor = seen.find(({ key }) => key.endsWith(service.linked_service_id));
  t.equal(actor?.state, 'open', 'operators see it');

  node.clock.moveOn(Date.parse(open.breaker.retry_at) - node.clock.now() + 1);
  backend.behaviour = 'hold';
  const probe = till.client.transaction(capture(1), bill);
  await backend.until(() => backend.questions === before + 1);
  t.match(await till.client.transaction(capture(1), bill), { decision: 'deny' }, 'only the probe is asked');
  t.match(await shops.shown(service.linked_service_id), { breaker: { state: 'half_open' } });
  backend.release();
  t.match(await probe, { decision: 'allow' });
  t.match(await shops.shown(service.linked_service_id), { breaker: { state: 'closed', failures: 0 } });
});

t.test('health is checked on a schedule, and after a restart too', async (t) => {
  const { backend, service, till } = await shops.open('checked', { health_path: '/health' });
  const id = service.linked_service_id;
  await eventually(
    () => shops.shown(id),
    ({ health_status }) => health_status === 'healthy',
  );
  backend.healthy = false;
  const seen = new Set<string>();
  while (!seen.has('unhealthy')) {
    const { checks } = backend;
    node.clock.moveOn(40_000);
    await shops.shown(id);
    await backend.until(() => backend.checks > checks);
    const shown = await eventually(
      () => shops.shown(id),
      ({ last_health_check_at }) => node.clock.now() - Date.parse(last_health_check_at) < 20_000,
    );
    seen.add(shown.health_status);
  }
  t.same([...seen], ['degraded', 'unhealthy']);
  await eventually(
    () => store.get('linkedServices', { serviceId: id }),
    (row) => (row?.healthFailures ?? 0) >= 3,
  );
  await node.restart();
  t.match(await shops.shown(id), { health_status: 'unhealthy' }, 'what was known is known');
  backend.healthy = true;
  const { checks } = backend;
  node.clock.moveOn(40_000);
  await shops.shown(id);
  await backend.until(() => backend.checks > checks);
  await eventually(
    () => shops.shown(id),
    ({ health_status }) => health_status === 'healthy',
  );
  await till.client.connect();
});

t.test('a private target is refused where it is not allowed', async (t) => {
  const strict = await sharedTestNode({ THENAR_WEBHOOK_ALLOW_PRIVATE: '0' });
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
