/** Clients, people of the console, signing keys, and text messages through a provider. */
import t from 'tap';
import { People } from '../support/accounts.ts';
import { type Json, startTestNode } from '../support/node.ts';
import { Receiver } from '../support/receiver.ts';
import { eventually, TestTenant } from '../support/tenant.ts';

const provider = await Receiver.open('/sms');
const node = await startTestNode({ THENAR_SMS_URL: provider.url, THENAR_SMS_TOKEN: 'provider-token' });
const tenant = await TestTenant.create(node);
const asAdmin = (method: string, path: string, body?: unknown, as = tenant.admin) =>
  node.rest(method, path, { headers: as, ...(body === undefined ? {} : { body }) });

async function tokenOf(client: Json, more: object = {}) {
  const { client_id, client_secret } = client;
  const body = { grant_type: 'client_credentials', client_id, client_secret, ...more };
  return node.rest('POST', '/v1/auth/token', { body });
}
const usersWith = (token: string) =>
  node.rest('GET', '/v1/users/00000000-0000-4000-8000-000000000000', {
    headers: { authorization: `Bearer ${token}` },
  });

t.test('a client’s secret and tokens over its life', async (t) => {
  const made = (
    await asAdmin('POST', '/v1/clients', { name: 'Till', scopes: ['users:read', 'devices:read'] })
  ).data;
  const narrow = await tokenOf(made, { scope: 'users:read' });
  t.equal(narrow.json.scope, 'users:read');
  const tooWide = await tokenOf(made, { scope: 'users:read users:write' });
  t.same([tooWide.status, tooWide.code], [400, 'invalid_scope']);
  const { access_token } = (await tokenOf(made)).json;

  const listed = await asAdmin('GET', '/v1/clients?page_size=1');
  t.match(listed.json, { data: [{ client_id: made.client_id, name: 'Till' }], pagination: { total: 2 } });
  t.notMatch(JSON.stringify(listed.json), 'secret');

  const renewed = (await asAdmin('POST', `/v1/clients/${made.client_id}/regenerate`)).data;
  t.not(renewed.client_secret, made.client_secret);
  t.equal((await tokenOf(made)).code, 'invalid_client', 'the old secret is over');
  t.equal((await tokenOf(renewed)).status, 200);
  t.equal((await usersWith(access_token)).code, 'user_not_found', 'tokens go on');

  const other = await TestTenant.create(node);
  for (const [method, path] of [
    ['DELETE', `/v1/clients/${made.client_id}`],
    ['POST', `/v1/clients/${made.client_id}/regenerate`],
  ] as const) {
    t.equal((await asAdmin(method, path, undefined, other.admin)).code, 'client_not_found');
  }
  // An identifier in capitals is the same one, everywhere: nothing is cached or revoked under another name.
  const loud = { ...renewed, client_id: made.client_id.toUpperCase() };
  const { access_token: byLoud } = (await tokenOf(loud)).json;
  t.equal((await usersWith(byLoud)).code, 'user_not_found');
  t.equal(
    (await tokenOf({ ...made, client_id: loud.client_id })).code,
    'invalid_client',
    'with the old secret',
  );
  t.equal((await asAdmin('DELETE', `/v1/clients/${loud.client_id}`)).status, 200);
  t.equal((await usersWith(byLoud)).code, 'invalid_token', 'whichever way it was named');
  t.equal((await tokenOf(loud)).code, 'invalid_client');
  t.equal((await usersWith(access_token)).code, 'invalid_token', 'at once');
  t.equal((await tokenOf(renewed)).code, 'invalid_client');
  t.equal((await asAdmin('DELETE', `/v1/clients/${made.client_id}`)).code, 'client_not_found');
  await node.restart();
  t.equal((await usersWith(access_token)).code, 'invalid_token', 'and after a restart');
});

async function invited(email: string): Promise<{ email: string; password: string }> {
  const mails = await eventually(
    async () => (await node.engine.api.ops.outbox()).filter((message) => message.to === email),
    (found) => found.length > 0,
  );
  return { email, password: /First password: (\S+)/.exec(mails[0]?.text ?? '')?.[1] ?? '' };
}

t.test('people of the console', async (t) => {
  const invite = await asAdmin('POST', '/v1/console/users', { email: 'Ops@acme.example', role: 'viewer' });
  t.equal(invite.status, 201);
  t.match(invite.data, { email: 'ops@acme.example', role: 'viewer' });
  const id = invite.data.console_user_id;
  const credentials = await invited('ops@acme.example');
  const session = await node.signIn(credentials);
  t.equal((await asAdmin('GET', '/v1/console/users', undefined, session)).status, 403);
  t.equal(
    (await asAdmin('POST', '/v1/console/users', { email: 'ops@acme.example', role: 'viewer' })).code,
    'email_taken',
  );
  t.equal(
    (await asAdmin('POST', '/v1/console/users', { email: 'p@acme.example', role: 'platform_admin' })).status,
    422,
  );
  t.equal((await asAdmin('PATCH', `/v1/console/users/${id}`, { role: 'operator' })).data.role, 'operator');
  t.equal((await node.rest('GET', '/v1/console/me', { headers: session })).data.role, 'operator', 'at once');

  const other = await TestTenant.create(node);
  t.equal(
    (await asAdmin('DELETE', `/v1/console/users/${id}`, undefined, other.admin)).code,
    'console_user_not_found',
  );

  const change = (current_password: string, new_password: string) =>
    asAdmin('POST', '/v1/console/password', { current_password, new_password }, session);
  const elsewhere = await node.signIn(credentials);
  t.equal((await change('wrong', 'violet-Anchor-77-meadow')).code, 'invalid_credentials');
  t.equal((await change(credentials.password, 'ops@acme.example')).code, 'password_too_weak');
  t.equal((await change(credentials.password, 'violet-Anchor-77-meadow')).status, 200);
  t.equal(
    (await node.rest('GET', '/v1/console/me', { headers: session })).status,
    200,
    'this session goes on',
  );
  t.equal((await node.rest('GET', '/v1/console/me', { headers: elsewhere })).status, 401, 'others end');

  t.equal((await asAdmin('DELETE', `/v1/console/users/${id}`)).status, 200);
  t.equal((await node.rest('GET', '/v1/console/me', { headers: session })).status, 401);
  const { pagination } = (await asAdmin('GET', '/v1/console/users')).json;
  t.equal(pagination.total, 1);
});

t.test('somebody always administers', async (t) => {
  const of = await TestTenant.create(node);
  const [first] = (await asAdmin('GET', '/v1/console/users', undefined, of.admin)).data;
  const path = (id: string) => `/v1/console/users/${id}`;
  t.equal(
    (await asAdmin('PATCH', path(first.console_user_id), { role: 'viewer' }, of.admin)).code,
    'last_administrator',
  );
  t.equal(
    (await asAdmin('DELETE', path(first.console_user_id), undefined, of.admin)).code,
    'last_administrator',
  );
  const body = { email: 'second@acme.example', role: 'tenant_admin' };
  const second = (await asAdmin('POST', '/v1/console/users', body, of.admin)).data;
  const theirs = await node.signIn(await invited(body.email));
  const replies = await Promise.all([
    asAdmin('PATCH', path(second.console_user_id), { role: 'viewer' }, of.admin),
    asAdmin('DELETE', path(first.console_user_id), undefined, theirs),
  ]);
  t.equal(replies.filter((reply) => reply.status === 200).length, 1, 'one of two at once');
  const { store } = node.engine.context;
  const left = await store.count('consoleUsers', {
    tenantId: of.tenantId,
    role: 'tenant_admin',
    status: 'active',
  });
  t.equal(left, 1);

  const [root] = (await node.platform('GET', '/v1/admin/administrators')).data;
  t.equal(
    (await node.platform('DELETE', `/v1/admin/administrators/${root.console_user_id}`)).code,
    'last_administrator',
  );
  const deputy = (
    await node.platform('POST', '/v1/admin/administrators', { email: 'deputy@platform.example' })
  ).data;
  t.equal(deputy.role, 'platform_admin');
  const session = await node.signIn(await invited('deputy@platform.example'));
  t.equal((await asAdmin('GET', '/v1/admin/tenants', undefined, session)).status, 200);
  t.equal((await asAdmin('GET', '/v1/admin/administrators')).status, 403, 'not for tenants');
  t.equal((await node.platform('DELETE', `/v1/admin/administrators/${deputy.console_user_id}`)).status, 200);
});

t.test('a new signing key is published before it signs', async (t) => {
  const keys = async () =>
    (await node.rest('GET', '/.well-known/jwks.json')).json.keys.map(({ kid }: Json) => kid);
  const kidOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;
  const before = await keys();
  const { access_token: old } = (await tokenOf(tenant.client)).json;
  const rotated = (await node.platform('POST', '/v1/admin/keys/rotate')).data;
  t.notOk(before.includes(rotated.kid));
  t.ok((await keys()).includes(rotated.kid), 'published');
  t.equal((await node.platform('POST', '/v1/admin/keys/rotate')).data.kid, rotated.kid, 'twice is once');
  t.equal(kidOf((await tokenOf(tenant.client)).json.access_token), kidOf(old), 'and does not sign yet');
  node.clock.moveOn(Date.parse(rotated.signs_from) - node.clock.now() + 1);
  t.equal(kidOf((await tokenOf(tenant.client)).json.access_token), rotated.kid);
  t.equal((await usersWith(old)).code, 'user_not_found', 'old tokens go on');
  await node.restart();
  t.equal(kidOf((await tokenOf(tenant.client)).json.access_token), rotated.kid);
  t.equal((await asAdmin('POST', '/v1/admin/keys/rotate')).status, 403);
});

t.test('text messages through the provider, in the tenant’s name', async (t) => {
  t.same(
    (await asAdmin('PATCH', '/v1/tenant/sms-config', { provider: 'unifonic', sender_id: 'ACME' })).data,
    { provider: 'unifonic', sender_id: 'ACME' },
  );
  t.same((await asAdmin('PATCH', '/v1/tenant/sms-config', { sender_id: null })).data, {
    provider: 'unifonic',
    sender_id: null,
  });
  const people = new People(node, tenant);
  await tenant.authenticate();
  await tenant.must('POST', '/v1/users', { mobile: '+966501234567' });
  provider.answers.push(503);
  t.equal((await people.send({ mobile: '+966501234567' })).status, 200, 'whatever the provider says');
  const [first, second] = await provider.until(2);
  t.match(second?.event, { to: '+966501234567', provider: 'unifonic', sender_id: null });
  t.equal(second?.event.message_id, first?.event.message_id, 'the same at every attempt');
  t.equal(second?.headers.authorization, 'Bearer provider-token');
  const code = /\d{6}/.exec(second?.event.text)?.[0] ?? '';
  t.equal((await people.otp({ mobile: '+966501234567' }, code)).status, 200);
  t.same(
    (await node.engine.api.ops.outbox()).filter(({ channel }) => channel === 'sms'),
    [],
  );
  await eventually(
    () => node.engine.context.store.list('messages', {}),
    (messages) => messages.length === 0,
  );
});

t.test('what the server offers is published', async (t) => {
  const { json } = await node.rest('GET', '/.well-known/oauth-authorization-server');
  t.equal(json.token_endpoint, `${node.urls.publicUrl}/v1/auth/token`);
  t.ok(json.grant_types_supported.includes('urn:thenar:otp'));
  const { access_token } = (await tokenOf(tenant.client)).json;
  const told = await node.rest('POST', '/v1/auth/introspect', {
    body: { ...tenant.client, token: access_token },
  });
  t.match(told.json, {
    active: true,
    client_id: tenant.client.client_id,
    token_kind: 'client',
    iss: json.issuer,
  });
  const garbage = await node.rest('POST', '/v1/auth/introspect', { body: { ...tenant.client, token: 'x' } });
  t.same(garbage.json, { active: false });
});
