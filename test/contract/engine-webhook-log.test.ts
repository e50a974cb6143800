/** A webhook's life after it was made: changed, tested, looked into, replayed, in order, forgotten. */
import t from 'tap';
import { forgetOldDeliveries } from '../../actors/webhook/retention.ts';
import { limits } from '../../engine/limits.ts';
import { signatureHolds } from '../../engine/webhooks/sign.ts';
import { type Json, sharedTestNode } from '../support/node.ts';
import { Receiver } from '../support/receiver.ts';
import { capture, eventually, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const neighbours = await TestTenant.create(node);
const scanner = await tenant.scanner();
const ann = await tenant.enrol(scanner, 1);
const ben = await tenant.enrol(scanner, 2);

let made = 0;
async function subscribe(receiver: Receiver, more: object = {}): Promise<Json> {
  made += 1;
  const events = ['verification.complete'];
  return tenant.must('POST', '/v1/webhooks', {
    name: `hook-${made}`,
    endpoint: receiver.url,
    events,
    ...more,
  });
}

async function verify(user: Json, person: number): Promise<string> {
  const { challenge_id } = await scanner.askVerification(user);
  await scanner.client.complete(challenge_id, [capture(person)]);
  return challenge_id;
}

const log = (id: string, query = ''): Promise<Json> =>
  tenant.must('GET', `/v1/webhooks/${id}/deliveries${query}`);
const settledLog = (id: string, count: number): Promise<Json> =>
  eventually(
    () => log(id),
    (rows) => rows.length === count && rows.every((row: Json) => row.status !== 'pending'),
  );
const challengesOf = (receiver: Receiver): string[] =>
  receiver.received.map(({ event }) => event.data.challenge_id);

t.test('a later event of a person waits for an earlier one; other people do not', async (t) => {
  const receiver = await Receiver.open();
  receiver.answers.push(503);
  const hook = await subscribe(receiver);
  const first = await verify(ann, 1);
  await receiver.until(1);
  const second = await verify(ann, 1);
  const other = await verify(ben, 2);
  await settledLog(hook.webhook_id, 3);
  t.same(challengesOf(receiver), [first, other, first, second]);
  await tenant.must('DELETE', `/v1/webhooks/${hook.webhook_id}`);
});

t.test('the order holds over a restart', async (t) => {
  const receiver = await Receiver.open();
  receiver.answers.push(500);
  const hook = await subscribe(receiver);
  const first = await verify(ann, 1);
  await receiver.until(1);
  const second = await verify(ann, 1);
  await node.restart();
  await scanner.client.connect();
  await settledLog(hook.webhook_id, 2);
  t.same(challengesOf(receiver), [first, first, second]);
  await tenant.must('DELETE', `/v1/webhooks/${hook.webhook_id}`);
});

t.test('what a disabled endpoint had waiting goes on when it is enabled', async (t) => {
  const receiver = await Receiver.open();
  receiver.answers.push(503);
  const hook = await subscribe(receiver);
  const path = `/v1/webhooks/${hook.webhook_id}`;
  const waiting = await verify(ann, 1);
  await eventually(
    () => log(hook.webhook_id),
    ([row]) => row?.last_status === 503,
  );
  t.equal((await tenant.must('PATCH', path, { status: 'disabled' })).status, 'disabled');
  t.equal((await tenant.call('POST', `${path}/test`)).code, 'webhook_disabled');
  const missed = await verify(ben, 2);
  t.equal((await log(hook.webhook_id)).length, 1, 'nothing more is queued while it is disabled');
  const elsewhere = await Receiver.open('/elsewhere');
  const changed = await tenant.must('PATCH', path, {
    status: 'active',
    endpoint: elsewhere.url,
    name: 'moved',
  });
  t.match(changed, { status: 'active', endpoint: elsewhere.url, name: 'moved', events: hook.events });
  await elsewhere.until(1);
  t.same(challengesOf(elsewhere), [waiting]);
  const from = hook.created_at;
  const to = new Date(node.clock.now() + 1_000).toISOString();
  t.equal((await tenant.must('POST', `${path}/replay`, { from, to })).replayed, 2);
  await elsewhere.until(3);
  const replayed = challengesOf(elsewhere).slice(1);
  t.same(replayed.sort(), [waiting, missed].sort(), 'a replay brings what was missed');
  await tenant.must('DELETE', path);
});

t.test('an endpoint that is gone may come back', async (t) => {
  const receiver = await Receiver.open();
  receiver.answers.push(410);
  const hook = await subscribe(receiver);
  await verify(ann, 1);
  await eventually(
    () => tenant.must('GET', '/v1/webhooks'),
    ([each]) => each.status === 'disabled',
  );
  const [refused] = await settledLog(hook.webhook_id, 1);
  t.match(refused, { status: 'failed', last_status: 410, attempts: 1 });
  await tenant.must('PATCH', `/v1/webhooks/${hook.webhook_id}`, { status: 'active' });
  await verify(ann, 1);
  await receiver.until(2);
  await tenant.must('DELETE', `/v1/webhooks/${hook.webhook_id}`);
});

t.test('a new secret signs beside the one before, for a day', async (t) => {
  const receiver = await Receiver.open();
  const hook = await subscribe(receiver);
  const path = `/v1/webhooks/${hook.webhook_id}`;
  const renewed = await tenant.must('POST', `${path}/regenerate`);
  t.match(renewed.secret, /^whsec_/);
  t.not(renewed.secret, hook.secret);
  await tenant.must('POST', `${path}/test`);
  const [both] = await receiver.until(1);
  const holds = (secret: string, told = both): boolean =>
    signatureHolds(secret, told!.headers, told!.text, node.clock.now());
  t.ok(holds(hook.secret) && holds(renewed.secret));
  node.clock.moveOn(limits.webhook_secret_overlap_ms);
  await tenant.authenticate();
  await tenant.must('POST', `${path}/test`);
  const [, one] = await receiver.until(2);
  t.ok(holds(renewed.secret, one));
  t.notOk(holds(hook.secret, one));
  await tenant.must('DELETE', path);
});

t.test('a test event takes the way of every other and is in the log', async (t) => {
  const receiver = await Receiver.open();
  const hook = await subscribe(receiver, { api_key: 'integrator-key' });
  const path = `/v1/webhooks/${hook.webhook_id}`;
  const asked = await tenant.call('POST', `${path}/test`);
  t.equal(asked.status, 202);
  const [told] = await receiver.until(1);
  t.match(told?.headers, {
    'x-link-event': 'webhook.test',
    'x-link-delivery': asked.data.delivery_id,
    'x-api-key': 'integrator-key',
    'webhook-id': asked.data.event_id,
  });
  t.match(told?.event, { event_type: 'webhook.test', data: { webhook_id: hook.webhook_id } });
  const [row] = await settledLog(hook.webhook_id, 1);
  t.match(row, {
    delivery_id: asked.data.delivery_id,
    event_id: asked.data.event_id,
    status: 'delivered',
    attempts: 1,
    last_status: 200,
    next_attempt_at: undefined,
  });

  const again = await tenant.must('POST', `${path}/deliveries/${asked.data.delivery_id}/replay`);
  t.equal(again.event_id, asked.data.event_id);
  t.not(again.delivery_id, asked.data.delivery_id);
  const [, second] = await receiver.until(2);
  t.equal(second?.text, told?.text, 'byte for byte');
  await settledLog(hook.webhook_id, 2);

  await tenant.must('PATCH', path, { api_key: null });
  await verify(ann, 1);
  const [, , third] = await receiver.until(3);
  t.notOk('x-api-key' in (third?.headers ?? {}));
  await settledLog(hook.webhook_id, 3);
  const day = new Date(node.clock.now()).toISOString().slice(0, 10);
  t.equal((await log(hook.webhook_id, '?event_type=webhook.test')).length, 2);
  t.equal((await log(hook.webhook_id, '?status=failed')).length, 0);
  t.equal((await log(hook.webhook_id, `?date_from=${day}&date_to=${day}`)).length, 3);
  t.equal((await log(hook.webhook_id, '?date_to=2020-01-01')).length, 0);
  const page = await tenant.call('GET', `${path}/deliveries?page=2&page_size=2`);
  t.same(page.json.pagination, { page: 2, page_size: 2, total: 3 });
  t.equal(page.data[0].delivery_id, asked.data.delivery_id, 'newest first');
  t.equal((await tenant.call('GET', `${path}/deliveries?date_from=yesterday`)).status, 422);
  await tenant.must('DELETE', path);
});

t.test('nobody else’s, nothing odd', async (t) => {
  await neighbours.authenticate();
  const receiver = await Receiver.open();
  const other = await Receiver.open('/other');
  const hook = await subscribe(receiver, { name: 'ours' });
  await subscribe(other, { name: 'taken' });
  const path = `/v1/webhooks/${hook.webhook_id}`;
  const { delivery_id } = await tenant.must('POST', `${path}/test`);
  const range = { from: '2026-01-01', to: '2026-01-02' };
  for (const [method, suffix, body] of [
    ['PATCH', '', { name: 'theirs' }],
    ['POST', '/regenerate'],
    ['POST', '/test'],
    ['GET', '/deliveries'],
    ['POST', '/replay', range],
    ['POST', `/deliveries/${delivery_id}/replay`],
  ] as const) {
    const reply = await neighbours.call(method, path + suffix, body);
    t.same([reply.status, reply.code], [404, 'webhook_not_found'], suffix);
  }
  const theirs = await neighbours.must('POST', '/v1/webhooks', {
    name: 'theirs',
    endpoint: receiver.url,
    events: ['kyc.status'],
  });
  const crossed = `/v1/webhooks/${theirs.webhook_id}/deliveries/${delivery_id}/replay`;
  t.equal((await neighbours.call('POST', crossed)).code, 'delivery_not_found');
  t.equal((await tenant.call('PATCH', path, { name: 'taken' })).code, 'webhook_taken');
  t.equal((await tenant.call('PATCH', path, { endpoint: 'ftp://x' })).status, 422);
  t.equal((await tenant.call('PATCH', path, { events: ['webhook.test'] })).status, 422);
  t.equal((await tenant.call('PATCH', path, {})).status, 200);
  t.equal((await tenant.call('POST', `${path}/replay`, { ...range, from: '2026-13-40' })).status, 422);
  t.equal((await tenant.must('POST', `${path}/replay`, range)).replayed, 0);
});

t.test('what is old is forgotten', async (t) => {
  const receiver = await Receiver.open();
  const hook = await subscribe(receiver);
  const { delivery_id } = await tenant.must('POST', `/v1/webhooks/${hook.webhook_id}/test`);
  await settledLog(hook.webhook_id, 1);
  const { context } = node.engine;
  node.clock.moveOn(limits.webhook_delivery_life_ms + 1);
  await forgetOldDeliveries(context);
  t.equal(await context.store.count('deliveries', { deliveryId: delivery_id }), 0);
  t.ok((await context.store.count('webhookEvents', { tenantId: tenant.tenantId })) > 0);
  node.clock.moveOn(limits.webhook_event_life_ms);
  await forgetOldDeliveries(context);
  t.equal(await context.store.count('webhookEvents', { tenantId: tenant.tenantId }), 0);
});
