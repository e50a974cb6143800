/** The documents' own examples, replayed against a real engine: requests as printed, replies field by field. */
import t, { type Test } from 'tap';
import { type Credentials, pair } from '../../bench/scanner/pair.ts';
import { ProductSimulator } from '../../bench/services/product.ts';
import { deviceRest, type Json, sharedTestNode } from '../support/node.ts';
import { Receiver } from '../support/receiver.ts';
import { capture, inBody, TestTenant } from '../support/tenant.ts';
import * as documents from './documents.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const receiver = await Receiver.open();
const { publicUrl, deviceUrl } = node.urls;

/** What the document's value stands for; a value that matches none of these is meant as it is. */
const kinds: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ['moment', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/],
  ['event', /^evt_[0-9a-f]{32,34}$/],
  ['delivery', /^del_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ['token', /^eyJhbGciOiJSUzI1NiI/],
];

function kindOf(value: unknown): string {
  const found = typeof value === 'string' ? kinds.find(([, pattern]) => pattern.test(value)) : undefined;
  return found?.[0] ?? typeof value;
}

/**
 * Every field that the document prints is there, in its order, of its kind, and where it is no example with its value.
 * @param free fields whose value is an example though it looks like a plain one
 * @param added fields of ours beside the document's
 */
function alike(
  t: Test,
  actual: Json,
  printed: Json,
  free: readonly string[],
  added: readonly string[] = [],
): void {
  const own = Object.keys(actual).filter((name) => !added.includes(name));
  t.same(own, Object.keys(printed), 'the same fields');
  for (const [name, value] of Object.entries<Json>(printed)) {
    const found = actual[name];
    if (value !== null && typeof value === 'object' && !Array.isArray(value) && !free.includes(name)) {
      alike(t, found, value, free, added);
    } else if (Array.isArray(value) && free.includes(name)) {
      t.same(
        [found.length, found.every((each: Json) => typeof each === typeof value[0])],
        [value.length, true],
        name,
      );
    } else if (free.includes(name)) {
      t.equal(typeof found, typeof value, name);
    } else if (kinds.some(([kind]) => kind === kindOf(value))) {
      t.equal(kindOf(found), kindOf(value), name);
    } else {
      t.same(found, value, name);
    }
  }
}

async function pairAs(
  hardwareId: string,
  registered: { readonly pairing_code: string },
): Promise<Credentials> {
  return pair(publicUrl, registered.pairing_code, { hardwareId });
}

const user = await tenant.user('{{external_user_id}}');
let lobby: Credentials;

t.test('a token', async (t) => {
  const body = { ...documents.token.request, ...tenant.client };
  const reply = await node.rest('POST', '/v1/auth/token', { body });
  t.equal(reply.status, 200);
  alike(t, reply.json, documents.token.reply, []);
});

t.test('a webhook', async (t) => {
  const reply = await tenant.call('POST', '/v1/webhooks', documents.webhook);
  t.equal(reply.status, 201);
  t.match(reply.data, { name: documents.webhook.name, events: documents.webhook.events });
  // The same again, to where this test listens.
  const here = { ...documents.webhook, name: 'Here', endpoint: receiver.url };
  t.equal((await tenant.call('POST', '/v1/webhooks', here)).status, 201);
});

t.test('a device, and the event of its pairing', async (t) => {
  const reply = await tenant.call('POST', '/v1/devices', documents.device.request);
  t.equal(reply.status, 201);
  // CONTRACT adds the class to both.
  alike(t, reply.json, documents.device.reply, ['pairing_code'], ['device_class']);
  const { device_name, location } = documents.paired.data;
  const registered = await tenant.register({ device_name, location });
  lobby = await pairAs('hardware_local_002', registered);
  const [received] = await receiver.until(1, ({ event }) => event.event_type === 'device.paired');
  alike(t, received?.event, documents.paired, []);
  t.equal(received?.event.tenant_id, tenant.tenantId);
});

t.test('an enrolment of both hands', async (t) => {
  const reply = await tenant.call('POST', '/v1/enroll/both', documents.enrolment.request);
  t.equal(reply.status, 201);
  alike(t, reply.json, documents.enrolment.reply, []);
});

const complete = (id: string, scans: object) =>
  deviceRest(deviceUrl, lobby, 'POST', `/v1/challenges/${id}/complete`, scans);

t.test('the event of an enrolment', async (t) => {
  const { palm_type, hardware_id, metadata } = documents.enrolled.data;
  const asked = { user_id: user.user_id, hardware_id, palm_type, metadata };
  const { challenge_id } = await tenant.must('POST', '/v1/enroll', asked);
  t.equal((await complete(challenge_id, { scan: inBody(capture(1)) })).status, 200);
  const [received] = await receiver.until(1, ({ event }) => event.event_type === 'enrollment.complete');
  alike(t, received?.event, documents.enrolled, ['feature_id', 'vendor']);
  t.match(received?.event.data, { user_id: user.user_id, challenge_id });
});

t.test('a verification, its completion and its event', async (t) => {
  const asked = { ...documents.verification, hardware_id: 'hardware_local_002' };
  const created = await tenant.call('POST', '/v1/verify', asked);
  t.equal(created.status, 201);
  t.same(Object.keys(created.data), Object.keys(documents.enrolment.reply.data), 'as an enrolment');
  t.same(created.data.metadata, documents.verification.metadata);
  const completed = await complete(created.data.challenge_id, { scan: inBody(capture(1)) });
  // Identifiers are UUIDs everywhere (CONTRACT); a signed document leaves a receipt.
  const free = ['confidence'];
  const printed = { ...documents.completion, challenge_id: user.user_id, user_id: user.user_id };
  alike(t, completed.json, printed, free, ['matched', 'receipt']);

  const { metadata } = documents.verified.data;
  const plain = await tenant.must('POST', '/v1/verify', { ...asked, metadata });
  await complete(plain.challenge_id, { scan: inBody(capture(1)) });
  const [received] = await receiver.until(1, ({ event }) => event.data.challenge_id === plain.challenge_id);
  alike(
    t,
    received?.event,
    documents.verified,
    ['scores', 'thresholds', 'latency_ms', 'vendor', 'event_id'],
    [],
  );
  for (const [name, value] of Object.entries(documents.headers)) {
    const sent = String(received?.headers[name]);
    if (name === 'x-link-delivery') t.equal(kindOf(sent), 'delivery');
    else t.ok(sent.startsWith(value), `${name}: ${sent}`);
  }
});

t.test('a transaction', async (t) => {
  const wallet = await ProductSimulator.start({ clock: node.clock });
  t.teardown(() => wallet.close());
  const body = { product_key: 'wallet', base_url: wallet.url };
  const service = await node.rest('POST', '/v1/linked-services', { headers: tenant.admin, body });
  wallet.secret = service.data.secret;
  const till = await pairAs(
    'till-1',
    await tenant.register({ device_class: 'pos', bound_product: 'wallet' }),
  );
  const asked = {
    scan: inBody(capture(1)),
    context: { amount: '50.00', currency: 'SAR' },
    idempotency_key: 'receipt-1',
  };
  const reply = await deviceRest(deviceUrl, till, 'POST', '/v1/device/transactions', asked);
  t.equal(reply.status, 200);
  alike(t, reply.json, documents.decision, ['display_message', 'product_reference']);
});

t.test('errors', async (t) => {
  for (const [method, path, status] of [
    ['GET', '/v1/users/nobody', 404],
    ['POST', '/v1/verify', 422],
    ['GET', '/nothing', 404],
  ] as const) {
    const reply = await tenant.call(method, path, method === 'POST' ? {} : undefined);
    t.equal(reply.status, status);
    t.match(reply.json, { success: false, message: String, error: { code: String, message: String } });
  }
});
