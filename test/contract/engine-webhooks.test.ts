/** Webhooks of a whole engine: retried, restart-safe, disabled when gone, never to private places by default. */
import { createServer } from 'node:http';
import t from 'tap';
import { sharedTestNode } from '../support/node.ts';
import { Receiver } from '../support/receiver.ts';
import { capture, eventually, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const user = await tenant.enrol(scanner, 1);

function subscribe(receiver: Receiver, name: string, of: TestTenant = tenant) {
  return of.call('POST', '/v1/webhooks', { name, endpoint: receiver.url, events: ['verification.complete'] });
}

async function verifyOnce(): Promise<string> {
  const { challenge_id } = await scanner.askVerification(user);
  await scanner.client.complete(challenge_id, [capture(1)]);
  return challenge_id;
}

const deliveries = (webhookId: string) =>
  node.engine.context.store.list('deliveries', { where: { webhookId } });

t.test('a failing endpoint is tried again with the same event', async (t) => {
  const receiver = await Receiver.open();
  receiver.answers.push(500);
  const { webhook_id } = (await subscribe(receiver, 'retried')).data;
  await verifyOnce();
  const [first, second] = await receiver.until(2);
  t.equal(second?.text, first?.text);
  t.equal(second?.headers['webhook-id'], first?.headers['webhook-id']);
  t.equal(second?.headers['x-link-delivery'], first?.headers['x-link-delivery']);
  t.match(first?.headers['user-agent'], 'LinkIdentity-Webhook/1.0');
  const [row] = await eventually(
    () => deliveries(webhook_id),
    ([delivery]) => delivery?.status === 'delivered',
  );
  t.match(row, { attempts: 2, lastStatus: 200 });
  await tenant.must('DELETE', `/v1/webhooks/${webhook_id}`);
});

t.test('an endpoint that is gone gets nothing more', async (t) => {
  const receiver = await Receiver.open();
  receiver.answers.push(410);
  const { webhook_id } = (await subscribe(receiver, 'gone')).data;
  await verifyOnce();
  await eventually(
    () => tenant.must('GET', '/v1/webhooks'),
    (listed) =>
      listed.find((webhook: { webhook_id: string }) => webhook.webhook_id === webhook_id)?.status ===
      'disabled',
  );
  await verifyOnce();
  t.equal((await deliveries(webhook_id)).length, 1);
  t.equal(receiver.received.length, 1);
  await tenant.must('DELETE', `/v1/webhooks/${webhook_id}`);
});

t.test('a restart between two attempts loses nothing', async (t) => {
  const receiver = await Receiver.open();
  receiver.answers.push(503, 503);
  const { webhook_id } = (await subscribe(receiver, 'restarted')).data;
  const challengeId = await verifyOnce();
  await receiver.until(1);
  await node.restart();
  await scanner.client.connect();
  const told = await receiver.until(3);
  t.ok(told.every(({ event }) => event.data.challenge_id === challengeId));
  await eventually(
    () => deliveries(webhook_id),
    ([delivery]) => delivery?.status === 'delivered',
  );
  await tenant.must('DELETE', `/v1/webhooks/${webhook_id}`);
});

t.test('a name and an endpoint are one webhook’s', async (t) => {
  const receiver = await Receiver.open();
  const elsewhere = await Receiver.open();
  const made = await Promise.all([subscribe(receiver, 'twin'), subscribe(receiver, 'twin')]);
  t.same(made.map((reply) => reply.status).sort(), [201, 409]);
  t.equal(made.find((reply) => reply.status === 409)?.code, 'webhook_taken');
  t.equal((await subscribe(elsewhere, 'twin')).code, 'webhook_taken', 'another endpoint, the same name');
  t.equal((await subscribe(receiver, 'other')).code, 'webhook_taken', 'another name, the same endpoint');
  const neighbours = await TestTenant.create(node);
  t.equal((await subscribe(receiver, 'twin', neighbours)).status, 201, 'another tenant may have both');
  const listed = await tenant.must('GET', '/v1/webhooks');
  t.equal(listed.length, 1);
  t.notOk('secret' in listed[0], 'the secret is shown once');
  const foreign = await neighbours.call('DELETE', `/v1/webhooks/${listed[0].webhook_id}`);
  t.same([foreign.status, foreign.code], [404, 'webhook_not_found']);
});

t.test('private places are refused, when named and when connected to', async (t) => {
  const strict = await sharedTestNode({ THENAR_WEBHOOK_ALLOW_PRIVATE: '0' });
  const theirs = await TestTenant.create(strict);
  const hits: string[] = [];
  const server = createServer((request) => hits.push(request.url ?? ''));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  for (const endpoint of [
    'http://example.com/hook',
    'https://127.0.0.1/hook',
    'https://localhost/hook',
    'https://169.254.169.254/latest',
    'https://10.0.0.1/hook',
    'https://[::1]/hook',
    'https://0x7f000001/hook',
    'ftp://example.com/hook',
    'no url',
  ]) {
    const reply = await theirs.call('POST', '/v1/webhooks', {
      name: endpoint,
      endpoint,
      events: ['kyc.status'],
    });
    t.equal(reply.status, 400, endpoint);
  }
  t.same(hits, []);
});
