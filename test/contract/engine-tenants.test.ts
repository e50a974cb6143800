/** The life of a tenant: suspended, reactivated, deactivated, called off, and erased until nothing is left. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { verifyChains } from '../../actors/audit/verify.ts';
import { eraseDueTenants } from '../../actors/tenant/erase.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { PostgresStore } from '../../storage/postgres/store.ts';
import { startTestNode } from '../support/node.ts';
import { TestTenant } from '../support/tenant.ts';

const node = await startTestNode();
const DAY = 24 * 3600 * 1000;

const step = (of: TestTenant, what: string) =>
  node.platform('POST', `/v1/admin/tenants/${of.tenantId}/${what}`);
const eventsOf = async (of: TestTenant, eventType: string) =>
  node.engine.context.store.list('audit', { where: { tenantId: of.tenantId, eventType } });

/** What each kind of credentials of a tenant is answered. */
async function answers(tenant: TestTenant) {
  const client = await tenant.call('GET', '/v1/devices');
  const console = await node.rest('GET', '/v1/tenant/config', { headers: tenant.admin });
  return [client.code ?? client.status, console.code ?? console.status];
}

for (const [what, status] of [
  ['suspend', 'suspended'],
  ['deactivate', 'deactivating'],
] as const) {
  t.test(`${what}: every credential is refused at once, and back when it is reactivated`, async (t) => {
    const tenant = await TestTenant.create(node);
    const scanner = await tenant.scanner();
    const closed = once(scanner.client, 'closed');
    const reply = await step(tenant, what);
    t.equal(reply.data.status, status);
    t.equal((await closed)[0].code, 4403);
    t.same(await answers(tenant), ['tenant_suspended', 'tenant_suspended']);
    await t.rejects(tenant.authenticate(), /suspended|deactivating/);
    await t.rejects(scanner.client.connect());
    t.equal((await step(tenant, 'reactivate')).data.status, 'active');
    t.same(await answers(tenant), [200, 200]);
    await scanner.client.connect();
    t.equal(
      (await eventsOf(tenant, what === 'suspend' ? 'tenant_suspended' : 'tenant_deactivated')).length,
      1,
    );
    t.equal((await eventsOf(tenant, 'tenant_reactivated')).length, 1);
  });
}

t.test('deactivating says when it ends, once', async (t) => {
  const tenant = await TestTenant.create(node);
  const first = (await step(tenant, 'deactivate')).data;
  const days = (Date.parse(first.erase_at) - node.clock.now()) / DAY;
  t.ok(days > 29.9 && days <= 30);
  t.equal((await step(tenant, 'deactivate')).data.erase_at, first.erase_at, 'asking again wins no time');
  const suspended = await step(tenant, 'suspend');
  t.same([suspended.status, suspended.code], [409, 'tenant_deactivating']);
  t.notOk('erase_at' in (await step(tenant, 'reactivate')).data);
});

t.test('name, region, and the list', async (t) => {
  const tenant = await TestTenant.create(node);
  await tenant.user();
  const path = `/v1/admin/tenants/${tenant.tenantId}`;
  t.match((await node.platform('PATCH', path, { name: 'Renamed', region: 'eu' })).data, {
    name: 'Renamed',
    region: 'eu',
  });
  t.match((await node.platform('PATCH', path, { region: null })).data, { name: 'Renamed', region: null });
  t.equal((await node.platform('PATCH', path, { name: '' })).status, 422);
  t.same(
    (await eventsOf(tenant, 'tenant_updated')).map(({ details }) => details.fields),
    [['name', 'region'], ['region']],
  );
  await step(tenant, 'suspend');
  const listed = await node.platform('GET', '/v1/admin/tenants?status=suspended&sort=name&order=asc');
  t.match(listed.data, [{ tenant_id: tenant.tenantId, identity_count: 1, status: 'suspended' }]);
  t.equal(listed.json.pagination.total, 1);
  t.equal((await node.platform('GET', '/v1/admin/tenants?status=gone')).status, 422);
  await step(tenant, 'reactivate');
});

t.test('after its grace a tenant is erased, wherever it is cut short', async (t) => {
  const { context } = node.engine;
  const { store, subjectKeys } = context;
  const kept = await TestTenant.create(node);
  const keptUser = await kept.enrol(await kept.scanner(), 2);
  const tenant = await TestTenant.create(node);
  const { tenantId } = tenant;
  const scanner = await tenant.scanner();
  const user = await tenant.enrol(scanner, 1);
  await scanner.askVerification(user);
  await tenant.must('POST', '/v1/enroll', { user_id: user.user_id, ...scanner.device, palm_type: 'left' });
  const [palm] = await store.list('palmLog', {
    where: { tenantId },
    order: [['position', 'desc']],
    limit: 1,
  });
  await context.matcher.rewrite(tenantId, palm!.position);
  t.ok(existsSync(join(node.dataDir, 'shards', `${tenantId}.shard`)));

  await step(tenant, 'deactivate');
  await eraseDueTenants(context);
  t.not(await store.get('users', { tenantId }), null, 'not before its time');

  // Cut short after every commit there is, it is taken up by the next turn.
  node.clock.moveOn(31 * DAY);
  const whole = store.commit;
  let cuts = 0;
  for (;;) {
    let left = 1;
    store.commit = (commit) => {
      // What the actors commit on their way out is not what is cut here.
      const ours = commit.writes.some((write) =>
        'delete' in write ? write.delete !== 'deviceOutbox' : 'update' in write && write.update === 'tenants',
      );
      if (ours) left -= 1;
      return ours && left < 0 ? Promise.reject(new Error('cut')) : whole(commit);
    };
    await eraseDueTenants(context);
    const row = await store.get('tenants', { tenantId });
    if (row?.status === 'deleted' && row.erasingSince === null) break;
    cuts += 1;
  }
  store.commit = whole;
  t.ok(cuts > 10, `${cuts} times`);

  const { client } = store as PostgresStore;
  const owned = (await client.unsafe(
    "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' AND table_schema = 'public'",
  )) as unknown as { table_name: string }[];
  const left: string[] = [];
  for (const { table_name: name } of owned) {
    const [{ count } = { count: '0' }] = (await client.unsafe(
      `SELECT count(*) FROM ${name} WHERE tenant_id = '${tenantId}'`,
    )) as unknown as { count: string }[];
    if (Number(count) > 0) left.push(name);
  }
  t.same(
    left.filter((name) => name !== 'commit_marks').sort(),
    ['audit_checkpoints', 'tenant_heads', 'tenants'],
    'what proves that there was one, and nothing else',
  );
  t.equal(subjectKeys.find(user.user_id), null);
  t.notOk(readdirSync(join(node.dataDir, 'shards')).some((name) => name.includes(tenantId)));
  t.same(await context.directory.list({ tenant: tenantId, limit: 10 }), []);
  t.notOk(context.views.webhooks.has(tenantId));

  const shown = await node.platform('GET', `/v1/admin/tenants/${tenantId}`).catch(() => null);
  t.ok(shown === null || shown.status === 200 || shown.status === 401);
  const [gone] = await store.list('audit', { where: { eventType: 'tenant_deleted' } });
  t.match(gone?.details, { tenant_id: tenantId, audit_records: Number, checkpoint: /^ey/ });
  for await (const found of verifyChains(context)) {
    if (!('report' in found)) continue;
    t.match(found.report, { ok: true }, found.report.tenantId);
    if (found.report.tenantId === tenantId) t.match(found.report, { erased: true });
  }
  const serial = new X509Certificate(scanner.credentials.certificatePem).serialNumber.toLowerCase();
  t.match(await store.get('certificates', { serial }), { tenantId: PLATFORM_TENANT, denyReason: 'revoked' });
  const list = Buffer.from(await node.engine.api.devices.crl());
  t.ok(list.includes(Buffer.from(serial, 'hex')), 'its scanner’s certificate stays on the revocation list');
  t.not(subjectKeys.find(keptUser.user_id), null, 'others are unharmed');
  t.equal(await store.count('users', { tenantId: kept.tenantId }), 1);
});

t.test('a deleted tenant is nobody’s any more', async (t) => {
  const again = await startTestNode();
  const tenant = await TestTenant.create(again);
  const path = `/v1/admin/tenants/${tenant.tenantId}`;
  const { email } = (await again.engine.context.store.get('consoleUsers', { tenantId: tenant.tenantId }))!;
  await again.platform('POST', `${path}/deactivate`);
  const { context } = again.engine;
  await context.store.commit({
    tenantId: tenant.tenantId,
    writes: [
      { update: 'tenants', where: { tenantId: tenant.tenantId }, set: { eraseAt: context.clock.now() } },
    ],
  });
  context.views.tenants.set(
    tenant.tenantId,
    (await context.store.get('tenants', { tenantId: tenant.tenantId }))!,
  );
  await context.directory.operate('tenant', tenant.tenantId, 'passivate');
  await eraseDueTenants(context);
  const shown = await again.platform('GET', path);
  t.match(shown.data, { status: 'deleted', name: '' });
  t.equal((await again.platform('POST', `${path}/reactivate`)).code, 'conflict');
  t.equal((await again.platform('PATCH', path, { name: 'Back' })).code, 'tenant_not_found');
  await t.rejects(tenant.authenticate(), 'its clients are unknown');
  await again.stop();
  await again.start();
  t.match((await again.platform('GET', path)).data, { status: 'deleted', name: '' });
  const body = { name: 'New', admin_email: email };
  const created = await again.platform('POST', '/v1/admin/tenants', body);
  t.equal(created.status, 201, 'the address of its administrator is free');
});
