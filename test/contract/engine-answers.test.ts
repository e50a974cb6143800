/** What a linked service decides, what holds when it cannot be asked, and that nobody is charged twice. */
import t from 'tap';
import { resolveOverdueIntents } from '../../actors/transactions/resume.ts';
import { deviceRest, sharedTestNode } from '../support/node.ts';
import { Shops } from '../support/shop.ts';
import { capture, inBody, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const shops = new Shops(node, tenant);
const { store } = node.engine.context;
const user = await tenant.enrol(await tenant.scanner(), 1);
const bill = { amount: '50.00', currency: 'SAR', table: 7 };

t.test('the service decides, and is told what it needs', async (t) => {
  const { backend, till } = await shops.open('payments');
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
  const { backend, till } = await shops.open('repeats');
  const scan = capture(1);
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
  const { backend, service, till } = await shops.open('failing', { timeout_ms: 150 });
  const path = `/v1/linked-services/${service.linked_service_id}`;
  for (const failMode of ['deny', 'allow'] as const) {
    await shops.admin('PATCH', path, { fail_mode: failMode });
    const expected = {
      decision: failMode,
      display_message: failMode === 'allow' ? 'Approved · SAR 50.00' : 'Service unavailable',
      product_reference: null,
    };
    for (const behaviour of ['fail', 'garbage', 'hold'] as const) {
      backend.behaviour = behaviour;
      t.match(await till.client.transaction(capture(1), bill), expected, `${behaviour} ${failMode}`);
    }
    t.match(await shops.shown(service.linked_service_id), {
      health_status: 'degraded',
      breaker: { failures: 3 },
    });
    backend.behaviour = 'refuse';
    t.match(
      await till.client.transaction(capture(1), bill),
      { decision: 'deny', display_message: 'Declined · SAR 50.00' },
      'a refusal is no outage',
    );
    t.match(await shops.shown(service.linked_service_id), { breaker: { state: 'closed', failures: 0 } });
  }
  const rows = await store.list('transactions', {
    where: { tenantId: tenant.tenantId, productKey: 'failing' },
  });
  t.same(
    new Set(rows.map(({ decidedBy, reason }) => `${decidedBy} ${reason}`)),
    new Set(['fail_mode server_error', 'fail_mode bad_reply', 'fail_mode timeout', 'service refused_422']),
  );
  await shops.admin('DELETE', path);
  t.match(await till.client.transaction(capture(1), bill), { decision: 'deny' });
  const missing = await store.list('transactions', {
    where: { productKey: 'failing', reason: 'service_missing' },
  });
  t.match(missing, [{ decidedBy: 'fail_mode', decision: 'deny' }]);
});

t.test('a connection that breaks is tried once more under the same key', async (t) => {
  const { backend, till } = await shops.open('flaky');
  backend.behaviour = 'lost';
  const asked = till.client.transaction(capture(1), bill);
  await backend.until(() => backend.questions === 1);
  backend.behaviour = 'allow';
  t.match(await asked, { decision: 'allow', product_reference: 'sim_txn_1' });
  t.equal(backend.ledger.size, 1, 'charged once');
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
  const { backend, till } = await shops.open('uncommitted');
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
  const { backend, till } = await shops.open('unrepeated');
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
  const { backend, till } = await shops.open('old');
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
