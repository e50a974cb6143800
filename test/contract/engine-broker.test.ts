/** An engine that is killed between the question to a linked service and its answer. */
import t from 'tap';
import { ProductSimulator } from '../../bench/services/product.ts';
import { SpawnedNode } from '../support/spawned.ts';
import { capture, eventually, TestTenant } from '../support/tenant.ts';

const node = await SpawnedNode.start();
const tenant = await TestTenant.create(node);
const backend = await ProductSimulator.start();
t.teardown(() => backend.close());
const { data: service } = await node.rest('POST', '/v1/linked-services', {
  headers: tenant.admin,
  body: { product_key: 'payments', base_url: backend.url, timeout_ms: 8_000 },
});
backend.secret = service.secret;
const till = await tenant.scanner({ device_class: 'pos', bound_product: 'payments', bound_action: 'pay' });
await tenant.enrol(till, 1);
const bill = { amount: '12.00', currency: 'EUR' };

/** Asks, and kills the engine while the service, which has charged, holds its answer back. */
async function killWhileAsking(scan: ReturnType<typeof capture>, key: string): Promise<void> {
  const { questions } = backend;
  backend.behaviour = 'hold';
  const asked = till.client.transaction(scan, bill, key);
  asked.catch(() => undefined);
  await backend.until(() => backend.questions > questions);
  await node.kill();
  await t.rejects(asked);
  backend.release();
}

async function comeBack(): Promise<void> {
  await node.start();
  await till.client.close();
  await till.client.connect();
}

t.test('the next start asks again under the same key, and the device hears that answer', async (t) => {
  const scan = capture(1);
  await killWhileAsking(scan, 'k-1');
  backend.behaviour = 'allow';
  await comeBack();
  await backend.until(() => backend.questions >= 2);
  const answer = await till.client.transaction(scan, bill, 'k-1');
  t.match(answer, { decision: 'allow', product_reference: 'sim_txn_1' });
  t.same(await till.client.transaction(scan, bill, 'k-1'), answer);
  t.equal(backend.ledger.size, 1, 'charged once');
  t.equal(backend.forged, 0);
});

t.test('with the service away at the start, the device’s repeat asks', async (t) => {
  const scan = capture(1);
  await killWhileAsking(scan, 'k-2');
  backend.behaviour = 'fail';
  const { questions } = backend;
  await comeBack();
  await backend.until(() => backend.questions > questions);
  backend.behaviour = 'allow';
  const answer = await till.client.transaction(scan, bill, 'k-2');
  t.match(answer, { decision: 'allow', product_reference: 'sim_txn_2' });
  t.equal(backend.ledger.size, 2);
  t.equal(await till.codeOf(till.client.transaction(capture(1), bill, 'k-2')), 'idempotency_conflict');
});

t.test('after it all the breaker is closed and the audit chain stands', async (t) => {
  const services = async () =>
    (await node.rest('GET', '/v1/linked-services', { headers: tenant.admin })).data;
  await eventually(services, ([shown]) => shown.breaker.state === 'closed' && shown.breaker.failures === 0);
  await node.stop();
  const verified = await node.command('audit', 'verify');
  t.equal(verified.code, 0, verified.out);
});
