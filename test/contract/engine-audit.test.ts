/** The audit log: searching it, its months, its checkpoints, and every way of tampering with it. */
import t from 'tap';
import type { ChainReport } from '../../actors/api.ts';
import { signAllCheckpoints, signDueCheckpoints } from '../../actors/audit/checkpoints.ts';
import { verifyChains } from '../../actors/audit/verify.ts';
import { chainHash, chainStart } from '../../engine/audit/chain.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { AuditRecord } from '../../engine/records.ts';
import type { PostgresStore } from '../../storage/postgres/store.ts';
import { sharedTestNode } from '../support/node.ts';
import { tampering } from '../support/tampering.ts';
import { TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
/** Straight to the database, as somebody who has its password and nothing else. */
const { client } = node.engine.context.store as PostgresStore;
const sql = (text: string): Promise<(string | null)[][]> => client.unsafe(text).values() as never;
const tenant = await TestTenant.create(node);

const logs = (query: string, of: TestTenant = tenant) =>
  node.rest('GET', `/v1/audit-logs?${query}`, { headers: of.admin });
const DAY = 24 * 3600 * 1000;

/** A tenant whose chain has this many records and a checkpoint at its end. */
async function grown(users = 12): Promise<TestTenant> {
  const made = await TestTenant.create(node);
  for (let i = 0; i < users; i += 1) await made.user();
  await signAllCheckpoints(node.engine.context);
  return made;
}

async function reportOf(tenantId: string): Promise<ChainReport> {
  for await (const step of verifyChains(node.engine.context)) {
    if ('report' in step && step.report.tenantId === tenantId) return step.report;
  }
  throw new Error('the chain was not looked at');
}

const headOf = async (tenantId: string) =>
  (await node.engine.context.store.get('tenantHeads', { tenantId }))?.auditSeq ?? 0;

/** Writes a chain anew from a record on, as it would be after `change`, and its head. @returns that hash, in hex */
async function rewrite(
  tenantId: string,
  from: number,
  change: (record: AuditRecord) => AuditRecord,
): Promise<string> {
  const order = [['seq', 'asc']] as const;
  const records = await node.engine.context.store.list('audit', { where: { tenantId }, order });
  let hash = records[from - 2]?.hash ?? chainStart;
  const hex = () => Buffer.from(hash).toString('hex');
  for (const record of records.slice(from - 1).map(change)) {
    hash = chainHash(hash, record);
    await sql(
      `UPDATE audit SET actor = '${record.actor}', at = '${new Date(record.at).toISOString()}',
       hash = '\\x${hex()}' WHERE tenant_id = '${tenantId}' AND seq = ${record.seq}`,
    );
  }
  await sql(`UPDATE tenant_heads SET audit_hash = '\\x${hex()}' WHERE tenant_id = '${tenantId}'`);
  return hex();
}

t.test('filters, order and pages', async (t) => {
  const user = await tenant.user('audited');
  await tenant.call('DELETE', `/v1/users/${user.user_id}`);
  const ofUser = await logs(`user_id=${user.user_id}&order=asc`);
  t.equal(ofUser.status, 200);
  const types = ofUser.data.map((record: { event_type: string }) => record.event_type);
  t.same(types.slice(0, 2), ['user_created', 'user_deleted']);
  t.match(ofUser.data[0], { severity: 'info', user_id: user.user_id, hash: /^[0-9a-f]{64}$/, seq: Number });
  t.match(ofUser.data[0].actor, /^client\//);
  const logins = await logs('event_type=console_login');
  t.equal(logins.json.pagination.total, 1);
  t.equal((await logs(`actor=${logins.data[0].actor}`)).data[0].event_type, 'client_created');
  await node.rest('PATCH', '/v1/tenant/config', { headers: tenant.admin, body: { quality_min: 0.1 } });
  t.equal((await logs('severity=high')).json.pagination.total, 0);
  const first = await logs('page_size=2&page=1');
  const second = await logs('page_size=2&page=2');
  t.ok(first.data[1].seq > second.data[0].seq, 'newest first');
  for (const [query, field] of [
    ['severity=odd', 'severity'],
    ['user_id=1', 'user_id'],
    ['date_from=yesterday', 'date_from'],
    ['date_from=2026-02-01&date_to=2026-01-01', 'date_to'],
    ['sort=hash', 'sort'],
  ] as const) {
    const reply = await logs(query);
    t.equal(reply.status, 422, query);
    t.equal(reply.json.error.details.fields[0].field, field);
  }
});

t.test('each tenant sees its own, the platform what was done to the deployment', async (t) => {
  const other = await TestTenant.create(node);
  const user = await tenant.user('mine-alone');
  t.equal((await logs(`user_id=${user.user_id}`, other)).json.pagination.total, 0);
  t.equal((await node.platform('GET', '/v1/audit-logs')).code, 'tenant_required');
  const created = await node.platform('GET', '/v1/admin/audit-logs?event_type=tenant_created');
  t.ok(created.data.some((each: { details: object }) => 'tenant_id' in each.details));
  t.equal((await node.rest('GET', '/v1/admin/audit-logs', { headers: tenant.admin })).status, 403);
});

t.test('what is over a year old is in the archive', async (t) => {
  const ancient = await TestTenant.create(node);
  const { tenantId } = ancient;
  await ancient.user('old');
  const then = node.clock.now() - 400 * DAY;
  await rewrite(tenantId, 1, (record) => ({ ...record, at: record.at - 400 * DAY }));

  t.equal((await logs('event_type=user_created', ancient)).json.pagination.total, 0);
  const day = new Date(then).toISOString().slice(0, 10);
  t.equal((await logs(`event_type=user_created&date_from=${day}`, ancient)).json.pagination.total, 1);
  const search = (body: object) =>
    node.rest('POST', '/v1/audit-logs/archive-search', { headers: ancient.admin, body });
  const found = await search({ date_from: day, date_to: day, event_type: 'user_created' });
  t.equal(found.status, 200);
  t.match(found.json, { pagination: { page: 1, total: 1 }, data: [{ event_type: 'user_created' }] });
  t.equal((await search({ date_from: '1990-01-01', date_to: '2030-01-01' })).status, 422);

  const count = async (table: string) =>
    Number((await sql(`SELECT count(*) FROM ${table} WHERE tenant_id = '${tenantId}'`))[0]?.[0]);
  t.equal(
    await count('audit_default'),
    await headOf(tenantId),
    'a month nobody made room for is taken all the same',
  );
  const moment = new Date(then).toISOString();
  t.same(await sql(`SELECT thenar_audit_month('${moment}')`), [['t']]);
  t.same(await sql(`SELECT thenar_audit_month('${moment}')`), [['f']]);
  t.equal(await count('audit_default'), 0, 'and moves when there is room');
  t.equal(await count(`audit_y${day.slice(0, 4)}m${day.slice(5, 7)}`), await headOf(tenantId));
  t.match(await reportOf(tenantId), { ok: true });
});

t.test('rooms are made ahead of their months', async (t) => {
  const parts = await sql("SELECT relname FROM pg_class WHERE relname LIKE 'audit_y%m__' AND relkind = 'r'");
  const names = parts.map(([name]) => name);
  const today = new Date(node.clock.now());
  for (let ahead = 0; ahead <= 3; ahead += 1) {
    const month = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + ahead));
    t.ok(names.includes(`audit_y${month.toISOString().slice(0, 7).replace('-', 'm')}`));
  }
});

t.test('checkpoints follow the chain, and no further', async (t) => {
  const { context } = node.engine;
  const made = await grown();
  const { tenantId } = made;
  const signed = async () =>
    (await context.store.list('auditCheckpoints', { where: { tenantId }, order: [['seq', 'asc']] })).map(
      ({ seq }) => seq,
    );
  const head = await headOf(tenantId);
  t.same(await signed(), [head]);
  await signDueCheckpoints(context);
  await made.user();
  await signDueCheckpoints(context);
  t.same(await signed(), [head], 'one record more is not enough');
  node.clock.moveOn(6 * 60 * 1000);
  await signDueCheckpoints(context);
  t.same(await signed(), [head, head + 1], 'until five minutes are over');
  const [row] = await context.store.list('auditCheckpoints', { where: { tenantId }, limit: 1 });
  const [header = '', payload = ''] = (row?.jws ?? '').split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  t.match(read(payload), { tenant_id: tenantId, seq: row?.seq, hash: /^[0-9a-f]{64}$/ });
  const jwks = await node.rest('GET', '/.well-known/jwks.json');
  t.ok(
    jwks.json.keys.some((key: { kid: string }) => key.kid === read(header).kid),
    'its key is published',
  );
  t.match(await reportOf(tenantId), { ok: true, checkpoints: 2 });
});

for (const [what, { does, seq, reason }] of Object.entries(tampering)) {
  t.test(`${what}: found, and where`, async (t) => {
    const { tenantId } = await grown();
    const head = await headOf(tenantId);
    t.match(await reportOf(tenantId), { ok: true, records: head, checkpoints: 1 });
    for (const statement of does(`tenant_id = '${tenantId}'`, head)) await sql(statement);
    t.match(await reportOf(tenantId), { ok: false, seq: seq(head), reason });
    if (what !== 'all of it removed, head and all') {
      t.match(await node.engine.api.audit.verify(tenantId, null), { report: { seq: seq(head), reason } });
    }
    // Later tests look at all chains.
    await sql(`DELETE FROM audit_checkpoints WHERE tenant_id = '${tenantId}'`);
    await sql(`DELETE FROM audit WHERE tenant_id = '${tenantId}'`);
    await sql(`DELETE FROM tenant_heads WHERE tenant_id = '${tenantId}'`);
  });
}

t.test('a chain written anew from the middle is not the one that was signed', async (t) => {
  const { tenantId } = await grown();
  const hash = await rewrite(tenantId, 5, (record) => ({ ...record, actor: 'client/nobody' }));
  const last = await headOf(tenantId);
  t.match(await reportOf(tenantId), { ok: false, seq: last, reason: 'checkpoint' });
  await sql(`UPDATE audit_checkpoints SET hash = '\\x${hash}' WHERE tenant_id = '${tenantId}'`);
  t.match(await reportOf(tenantId), { ok: false, seq: last, reason: 'signature' });
});

t.test('a running engine is asked over its ops listener, and goes on meanwhile', async (t) => {
  const busy = await grown(3);
  const writing = Array.from({ length: 20 }, () => busy.user());
  const response = await fetch(new URL('/audit/verify', node.node.opsUrl));
  t.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
  const { chains } = (await response.json()) as { chains: { tenant_id: string; ok: boolean }[] };
  await Promise.all(writing);
  t.match(
    chains.find(({ tenant_id }) => tenant_id === busy.tenantId),
    { ok: true },
  );
  t.match(
    chains.find(({ tenant_id }) => tenant_id === PLATFORM_TENANT),
    { ok: true },
  );
});

t.test('a chain is verified over the interface, part by part, and goes on where it was left', async (t) => {
  const { api, context } = node.engine;
  const made = await grown(3);
  const { tenantId } = made;
  const ask = (after = '', of = made) =>
    node.rest('GET', `/v1/audit-logs/verification${after && `?after=${after}`}`, { headers: of.admin });
  const whole = await ask();
  const head = await headOf(tenantId);
  t.same(whole.data, {
    status: 'stands',
    records: head,
    checkpoints: 1,
    total: head,
    next: null,
    fault: null,
  });
  const third = await context.store.get('audit', { tenantId, seq: 3 });
  const place = `3-0-${Buffer.from(third?.hash ?? []).toString('hex')}`;
  t.match((await ask(place)).data, { status: 'stands', records: head, checkpoints: 1 }, 'from a place on');
  t.match((await ask(`3-0-${'0'.repeat(64)}`)).data, { status: 'broken', fault: { seq: 4, reason: 'hash' } });
  t.match(
    (await ask(`${head + 1}-0-${'0'.repeat(64)}`)).data,
    { status: 'broken', fault: { seq: head + 1, reason: 'truncated' } },
    'what was there before and is not any more',
  );
  t.equal((await ask('3')).json.error.details.fields[0].field, 'after');
  t.match(await api.audit.verify(PLATFORM_TENANT, null), { report: { ok: true } });
  t.equal((await node.platform('GET', '/v1/admin/audit-logs/verification')).data.status, 'stands');
  t.equal((await node.rest('GET', '/v1/admin/audit-logs/verification', { headers: made.admin })).status, 403);
  t.equal((await made.call('GET', '/v1/audit-logs/verification')).status, 403, 'no client');

  const entry = { eventType: 'user_counted', actor: 'client/census' };
  const page = Array.from({ length: limits.audit_verify_records_max / 10 }, () => entry);
  for (let pages = 0; pages < 10; pages += 1)
    await context.store.commit({ tenantId, writes: [], audit: page });
  const part = (await ask()).data;
  const { audit_verify_records_max: records } = limits;
  t.match(part, { status: 'going', records, total: records + head, fault: null });
  t.match((await ask(part.next)).data, { status: 'stands', records: records + head });
  await sql(`UPDATE audit SET details = '\\x01' WHERE tenant_id = '${tenantId}' AND seq = ${records + 2}`);
  t.match((await ask()).data, { status: 'going' });
  t.match((await ask(part.next)).data, { status: 'broken', fault: { seq: records + 2, reason: 'hash' } });
});
