/** Users as administrators and integrators work with them: search, changes, suspension, identities, export, numbers. */
import { once } from 'node:events';
import t from 'tap';
import { type RestReply, sharedTestNode } from '../support/node.ts';
import { capture, enrolmentScans, eventually, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();

function asAdmin(of: TestTenant, method: string, path: string, body?: unknown): Promise<RestReply> {
  return node.rest(method, path, { headers: of.admin, ...(body === undefined ? {} : { body }) });
}
const create = (body: object, of = tenant) => of.must('POST', '/v1/users', body);
async function auditOf(userId: string): Promise<string[]> {
  const rows = await node.engine.context.store.list('audit', { where: { userId }, order: [['seq', 'asc']] });
  return rows.map((row) => row.eventType);
}

t.test('search, filters, sorting and pages', async (t) => {
  const own = await TestTenant.create(node);
  const people = [
    { external_user_id: 'crm-1', name: 'Émile Zola', email: 'Emile@Example.com' },
    { external_user_id: 'crm-2', name: 'Amal 100%', mobile: '+966 50 123 4567' },
    { external_user_id: 'crm_3', name: 'Bint Amal', email: 'bint@example.com' },
  ];
  for (const each of people) await create(each, own);
  const names = async (query: string) => {
    const reply = await asAdmin(own, 'GET', `/v1/users?${query}`);
    t.equal(reply.status, 200, query);
    return reply.data.map((user: { name: string }) => user.name);
  };
  t.same(await names('search=AMAL&sort=name&order=asc'), ['Amal 100%', 'Bint Amal']);
  t.same(await names('search=%C3%89MILE'), ['Émile Zola'], 'beyond ASCII');
  t.same(await names('search=emile%40example'), ['Émile Zola'], 'by e-mail');
  t.same(await names('search=50123'), ['Amal 100%'], 'by mobile');
  t.same(await names('search=crm_'), ['Bint Amal'], 'an underscore is one');
  t.same(await names('search=0%25'), ['Amal 100%'], 'and so is a percent sign');
  t.same(await names(`search=${encodeURIComponent("' OR 1=1 --")}`), []);
  t.same(
    await names('sort=external_user_id&order=desc&page_size=1&page=2'),
    ['crm-2'].map(() => 'Amal 100%'),
  );
  t.same(await names('consent_status=granted'), []);
  t.same(await names('kyc_status=not_started&palm_enrolled=true'), []);
  t.equal((await names('palm_enrolled=false')).length, 3);
  const page = await asAdmin(own, 'GET', '/v1/users?page_size=2');
  t.match(page.json, { pagination: { page: 1, page_size: 2, total: 3 } });
  for (const query of ['sort=metadata', 'order=up', 'status=gone', 'palm_enrolled=maybe']) {
    t.equal((await asAdmin(own, 'GET', `/v1/users?${query}`)).status, 422, query);
  }
  t.same((await asAdmin(tenant, 'GET', '/v1/users?search=amal')).data, [], 'another tenant finds nobody');
});

t.test('a change takes any subset, and null takes away', async (t) => {
  const user = await create({ external_user_id: 'patch-1', name: 'A', email: 'a@patch.example' });
  const path = `/v1/users/${user.user_id}`;
  const changed = await tenant.must('PATCH', path, { email: 'New@Patch.example', metadata: { a: 1 } });
  t.match(changed, { name: 'A', email: 'new@patch.example', metadata: { a: 1 } });
  t.match(await tenant.must('PATCH', path, { name: null, metadata: null }), { name: null, metadata: {} });
  t.match(await tenant.must('PATCH', path, {}), { email: 'new@patch.example' }, 'nothing is a change too');
  t.match(await tenant.must('PATCH', path, { external_user_id: 'patch-2' }), { user_id: user.user_id });
  t.equal((await create({ external_user_id: 'patch-2' })).user_id, user.user_id);
  t.not((await create({ external_user_id: 'patch-1' })).user_id, user.user_id, 'the old name is free');
  const taken = await tenant.call('PATCH', path, { external_user_id: 'patch-1' });
  t.same([taken.status, taken.code], [409, 'external_user_id_taken']);
  await create({ email: 'other@patch.example' });
  const mail = await tenant.call('PATCH', path, { email: 'OTHER@patch.example' });
  t.same([mail.status, mail.code], [409, 'identity_taken']);
  const local = await tenant.call('PATCH', path, { mobile: '0501234567' });
  t.same([local.status, local.json.error.details?.fields?.[0]?.field], [422, 'mobile']);
  const records = await node.engine.context.store.list('audit', {
    where: { userId: user.user_id, eventType: 'user_updated' },
    order: [['seq', 'asc']],
  });
  t.same(records[0]?.details, { fields: ['email', 'metadata'] });
  t.notMatch(JSON.stringify(records.map((row) => row.details)), /patch\.example/, 'no value is in the log');
});

t.test('changes of one user at once all take effect', async (t) => {
  const { user_id } = await create({ external_user_id: 'busy' });
  await Promise.all([
    tenant.must('PATCH', `/v1/users/${user_id}`, { name: 'Busy' }),
    tenant.must('PATCH', `/v1/users/${user_id}`, { email: 'busy@example.com' }),
    tenant.must('PATCH', `/v1/users/${user_id}`, { metadata: { n: 1 } }),
    tenant.must('POST', '/v1/consent', { user_id, consent_type: 'biometric', version: '1' }),
  ]);
  t.match(await tenant.must('GET', `/v1/users/${user_id}`), {
    name: 'Busy',
    email: 'busy@example.com',
    metadata: { n: 1 },
    consent_status: 'granted',
  });
});

t.test('a suspended user is not captured, matched or kept waiting for', async (t) => {
  const user = await tenant.enrol(scanner, 1);
  t.match(await scanner.client.transaction(capture(1), {}), { decision: 'allow' });
  const challenge = await scanner.askVerification(user);
  const cancelled = once(scanner.client, 'cancel');
  const path = `/v1/users/${user.user_id}`;
  const reply = await asAdmin(tenant, 'POST', `${path}/suspend`, { reason: 'lost badge' });
  t.match([reply.status, reply.data.status], [200, 'suspended']);
  t.same((await cancelled)[0], { challenge_id: challenge.challenge_id, reason: 'user_suspended' });
  t.match(await scanner.client.transaction(capture(1), {}), { decision: 'not_recognized' });
  const refused = await tenant.call('POST', '/v1/verify', { user_id: user.user_id, ...scanner.device });
  t.same([refused.status, refused.code], [409, 'user_suspended']);
  t.equal(
    (await asAdmin(tenant, 'POST', `${path}/suspend`)).data.status,
    'suspended',
    'again, without a body',
  );
  t.match(
    (await asAdmin(tenant, 'GET', '/v1/users?status=suspended')).data.map(
      (row: { user_id: string }) => row.user_id,
    ),
    [user.user_id],
  );
  t.equal((await asAdmin(tenant, 'POST', `${path}/reactivate`, {})).data.status, 'active');
  t.match(await scanner.client.transaction(capture(1), {}), { decision: 'allow' });
  const events = (await auditOf(user.user_id)).filter((event) => /suspend|reactivat/.test(event));
  t.same(events, ['user_suspended', 'user_reactivated'], 'the repeat is no event');
});

t.test('identities: one of each type, each value one user’s', async (t) => {
  const [first, second] = [await create({ email: 'id@example.com' }), await create({})];
  const at = (user: { user_id: string }) => `/v1/users/${user.user_id}/identities`;
  const link = (user: { user_id: string }, type: string, value: string) =>
    tenant.call('POST', at(user), { type, value });
  const linked = await link(first, 'national_id', '1087-654 321');
  t.match([linked.status, linked.data], [201, { type: 'national_id', value: '1087654321' }]);
  t.equal((await link(first, 'national_id', '1087654321')).status, 200, 'the same again');
  t.same((await link(first, 'national_id', '999999')).code, 'identity_linked');
  t.same((await link(second, 'national_id', '1087654321')).code, 'identity_taken');
  t.same((await link(second, 'email', 'ID@example.com')).code, 'identity_taken');
  t.equal((await link(second, 'external', 'from-crm')).status, 201);
  t.equal((await link(second, 'mobile', '+966501234599')).status, 201);
  t.equal((await link(second, 'passport', 'X')).status, 422);
  t.equal((await link(second, 'email', 'nobody')).status, 422);
  t.match(await tenant.must('GET', `/v1/users/${second.user_id}`), {
    external_user_id: 'from-crm',
    mobile: '+966501234599',
  });
  t.same(
    (await tenant.must('GET', at(first))).map(({ type, value }: { type: string; value: string }) => [
      type,
      value,
    ]),
    [
      ['email', 'id@example.com'],
      ['national_id', '••••••4321'],
    ],
  );
  const [row] = await node.engine.context.store.list('identities', { where: { userId: first.user_id } });
  t.notMatch(Buffer.from(row?.sealed ?? []).toString('latin1'), '1087654321', 'sealed at rest');
  t.equal((await tenant.call('DELETE', `${at(first)}/national_id`)).status, 200);
  t.same((await tenant.call('DELETE', `${at(first)}/national_id`)).code, 'identity_not_found');
  t.same((await tenant.call('DELETE', `${at(first)}/passport`)).status, 404);
  t.equal((await link(second, 'national_id', '1087654321')).status, 201, 'free again');
  t.equal((await tenant.call('DELETE', `${at(second)}/external`)).status, 200);
  t.match(await tenant.must('GET', `/v1/users/${second.user_id}`), { external_user_id: null });
  const rivals = await Promise.all([link(first, 'mobile', '+4915112345'), link(second, 'email', 'x@y.zz')]);
  t.same(
    rivals.map((reply) => reply.status),
    [201, 201],
    'different users do not disturb each other',
  );
  const race = await Promise.all(
    [await create({}), await create({})].map((user) => link(user, 'email', 'race@example.com')),
  );
  t.same(race.map((reply) => reply.status).sort(), [201, 409]);
});

t.test('the export holds everything, and no secret', async (t) => {
  const user = await tenant.enrol(scanner, 4);
  const path = `/v1/users/${user.user_id}`;
  await tenant.must('PATCH', path, { name: 'Export Me', metadata: { someKey: 1 } });
  await tenant.must('POST', `${path}/identities`, { type: 'national_id', value: '5550001111' });
  await tenant.must('POST', '/v1/consent', {
    user_id: user.user_id,
    consent_type: 'biometric',
    version: '2',
  });
  const { challenge_id } = await scanner.askVerification(user);
  await scanner.client.complete(challenge_id, [capture(4)]);
  await scanner.client.transaction(capture(4), { orderId: 'o-1' });
  const exported = await tenant.must('GET', `${path}/data`);
  t.match(exported, {
    user: {
      user_id: user.user_id,
      name: 'Export Me',
      palms: [{ palm_type: 'right' }],
      metadata: { someKey: 1 },
    },
    identities: [{ type: 'national_id', value: '5550001111' }, { type: 'external' }],
    consents: [{ consent_type: 'biometric', consent_version: '2', status: 'granted' }],
    challenges: [{ challenge_id, result: { matched: true, threshold_version: 1 } }],
    transactions: [{ decision: 'allow', context: { orderId: 'o-1' } }],
    erasures: [],
    incomplete: [],
  });
  const events = exported.audit.map((record: { event_type: string }) => record.event_type);
  for (const event of ['user_created', 'palm_enrolled', 'palm_verified', 'user_data_exported']) {
    t.ok(events.includes(event), event);
  }
  t.notMatch(JSON.stringify(exported), /hash"|digest|sealed/);
});

t.test('what is left of an erased user names nobody', async (t) => {
  const user = await create({ external_user_id: 'gone-1', email: 'gone@example.com', name: 'Gone' });
  const { user_id } = user;
  await tenant.must('POST', `/v1/users/${user_id}/identities`, { type: 'national_id', value: '7770001111' });
  await tenant.must('POST', '/v1/consent', {
    user_id,
    consent_type: 'biometric',
    version: '1',
    channel: 'branch',
  });
  await scanner.client.enrol(user_id, enrolmentScans(5));
  const { challenge_id } = await scanner.askVerification(user, { metadata: { who: 'Gone' } });
  await scanner.client.complete(challenge_id, [capture(5)]);
  await scanner.client.transaction(capture(5), { customer: 'Gone' });
  const receipt = await tenant.must('DELETE', `/v1/users/${user_id}`);
  const { store } = node.engine.context;
  const where = { tenantId: tenant.tenantId, userId: user_id };
  t.equal(await store.count('identities', where), 0);
  t.match(await store.list('consents', { where }), [{ status: 'withdrawn', channel: null }]);
  t.match(await store.list('challenges', { where }), [{ externalUserId: null, metadata: null }]);
  t.match(await store.list('transactions', { where }), [{ context: {}, decision: 'allow' }]);
  t.notMatch(JSON.stringify(await store.list('audit', { where })), /gone|7770001111/i);
  t.equal((await tenant.call('GET', `/v1/consent/${user_id}`)).code, 'user_not_found');
  t.equal((await create({ email: 'gone@example.com' })).email, 'gone@example.com', 'the address is free');
  await eventually(
    () => tenant.must('GET', `/v1/erasures/${receipt.erasure_id}`),
    (erasure) => erasure.status === 'complete',
  );
});

t.test('other tenants, other roles', async (t) => {
  const other = await TestTenant.create(node);
  const { user_id } = await tenant.user();
  for (const [method, path, body] of [
    ['PATCH', `/v1/users/${user_id}`, { name: 'x' }],
    ['GET', `/v1/users/${user_id}/data`],
    ['GET', `/v1/users/${user_id}/identities`],
    ['POST', `/v1/users/${user_id}/identities`, { type: 'external', value: 'x' }],
    ['DELETE', `/v1/users/${user_id}/identities/external`],
    ['POST', `/v1/users/${user_id}/suspend`, {}],
    ['POST', `/v1/users/${user_id}/reactivate`, {}],
    ['PUT', `/v1/users/${user_id}/palm-restriction`, { restriction: 'left' }],
    ['GET', `/v1/users/${user_id}/palm-restriction`],
    ['POST', '/v1/consent', { user_id, consent_type: 'biometric', version: '1' }],
    ['GET', `/v1/consent/${user_id}`],
    ['POST', '/v1/consent/withdraw', { user_id, consent_type: 'biometric' }],
  ] as const) {
    const reply = await asAdmin(other, method, path, body);
    t.same([reply.status, reply.code], [404, 'user_not_found'], `${method} ${path}`);
  }
  t.match(await tenant.must('GET', `/v1/users/${user_id}`), { name: null, status: 'active' });
});
