/** Accounts of end users: signing up and in, codes, passwords, and how all of it ends. */
import t from 'tap';
import { codeFor, messagesTo, PASSWORD, People, tokenFor, wrong } from '../support/accounts.ts';
import { sharedTestNode } from '../support/node.ts';
import { TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const people = new People(node, tenant);

t.test('sign-up: the link comes before the first sign-in', async (t) => {
  const email = 'amal@people.example';
  const asked = await people.register('Amal@People.example');
  t.equal(asked.status, 202);
  t.same((await people.signIn(email)).code, 'email_not_verified');
  t.equal((await people.signIn(email, 'another password')).code, 'invalid_grant', 'to who does not know it');
  const token = await tokenFor(node, email);
  t.match(await people.verify(token), { status: 200, data: { verified: true, email } });
  t.equal((await people.verify(token)).code, 'link_invalid', 'once');

  const signedIn = await people.signIn('AMAL@people.example');
  t.equal(signedIn.status, 200);
  t.match(signedIn.json, { success: true, token_type: 'Bearer', expires_in: 3_600 });
  const told = await people.introspect(signedIn.json.access_token);
  t.match(told, { active: true, token_kind: 'user', tenant_id: tenant.tenantId, client_id: people.clientId });
  t.match(await tenant.must('GET', `/v1/users/${told.sub}`), { email, status: 'active' });

  const again = await people.register(email, 'quite-Another-password-9');
  t.same([again.status, again.json], [asked.status, asked.json], 'the answer tells nothing');
  const [mail] = await messagesTo(node, email, 2);
  t.match(mail?.text, 'has an account already');
  t.equal((await people.signIn(email)).status, 200, 'and the password stays');
});

t.test('sign-up is checked', async (t) => {
  for (const [password, reason] of [
    ['short1', 'too_short'],
    ['Password123!', 'common'],
    ['nora@people.example', 'contains_email'],
    ['nora.lind2024', 'contains_email'],
  ] as const) {
    const email =
      reason === 'contains_email' && password.startsWith('nora.')
        ? 'nora.lind@x.example'
        : 'nora@people.example';
    const reply = await people.register(email, password);
    t.same([reply.status, reply.code], [422, 'password_too_weak'], password);
    t.equal(reply.json.error.details.reason, reason, password);
  }
  const nobody = {
    client_id: '00000000-0000-4000-8000-000000000000',
    email: 'a@b.example',
    password: PASSWORD,
  };
  t.equal((await people.post('/v1/auth/register', nobody)).code, 'invalid_client');
  for (const [body, field] of [
    [{ grant_type: 'password', email: 'a@b.example' }, 'password'],
    [{ grant_type: 'urn:thenar:otp', code: '123456' }, 'mobile'],
    [{ grant_type: 'urn:thenar:otp', mobile: '0501234', code: '123456' }, 'mobile'],
    [{ grant_type: 'refresh_token' }, 'refresh_token'],
  ] as const) {
    const reply = await people.grant(body);
    t.same([reply.status, reply.json.error.details.fields[0].field], [400, field]);
  }
});

t.test('refresh tokens rotate, and a spent one ends all that came of its sign-in', async (t) => {
  const first = await people.signedUp('rotating@people.example');
  const second = (await people.refresh(first.refresh_token)).json;
  t.not(second.refresh_token, first.refresh_token);
  t.equal(await people.isActive(first.access_token), true, 'rotating ends no access token');
  t.equal((await people.refresh(first.refresh_token)).code, 'invalid_grant');
  for (const token of [first.access_token, second.access_token, second.refresh_token]) {
    t.equal(await people.isActive(token), false);
  }
  t.equal((await people.refresh(second.refresh_token)).code, 'invalid_grant');
});

t.test('who only knows which sign-in a token is of ends nothing', async (t) => {
  const { access_token, refresh_token } = await people.signedUp('named@people.example');
  const { sid } = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString());
  const forged = `rt_${sid}.${'A'.repeat(43)}`;
  t.equal((await people.refresh(forged)).code, 'invalid_grant');
  t.equal((await people.refresh(access_token)).status, 400, 'an access token is no refresh token');
  t.equal(await people.isActive(access_token), true);
  const used = await people.post('/v1/auth/revoke', { token: 'x' }, refresh_token);
  t.same([used.status, used.code], [401, 'invalid_token'], 'nor the reverse');
  t.equal((await people.refresh(refresh_token)).status, 200);
});

t.test('a race with one refresh token leaves nobody anything', async (t) => {
  const { refresh_token } = (await people.signedUp('racing@people.example')) as { refresh_token: string };
  const replies = await Promise.all(Array.from({ length: 8 }, () => people.refresh(refresh_token)));
  const won = replies.filter((reply) => reply.status === 200);
  t.ok(won.length <= 1, `${won.length} won`);
  for (const { json } of won) {
    t.equal(await people.isActive(json.access_token), false);
    t.equal((await people.refresh(json.refresh_token)).code, 'invalid_grant');
  }
});

t.test('codes: one at a time, five tries, five minutes, once', async (t) => {
  const mobile = '+966501112233';
  const user = await tenant.must('POST', '/v1/users', { mobile: '+966 50 111 2233' });
  const sent = await people.send({ mobile });
  const unknown = await people.send({ mobile: '+966509999999' });
  t.same([sent.status, sent.json], [unknown.status, unknown.json], 'the answer tells nothing');
  const first = await codeFor(node, mobile);
  t.same(
    (await node.engine.api.ops.outbox()).filter(({ to }) => to === '+966509999999'),
    [],
    'and nobody is written',
  );
  for (let tries = 0; tries < 5; tries += 1) {
    t.equal((await people.otp({ mobile }, wrong(first))).code, 'invalid_grant');
  }
  t.equal((await people.otp({ mobile }, first)).code, 'invalid_grant', 'the right one comes too late');

  await people.send({ mobile });
  const second = await codeFor(node, mobile, 2);
  const tokens = await people.otp({ mobile: '00966-50-1112233' }, second);
  t.equal(tokens.status, 200);
  t.equal((await people.introspect(tokens.json.access_token)).sub, user.user_id);
  t.equal((await people.otp({ mobile }, second)).code, 'invalid_grant', 'it works once');

  await people.send({ mobile });
  const third = await codeFor(node, mobile, 3);
  node.clock.moveOn(5 * 60_000 + 1);
  t.equal((await people.otp({ mobile }, third)).code, 'invalid_grant', 'it is over');
});

t.test('guesses and messages are limited for each target', async (t) => {
  const email = 'flooded@people.example';
  await tenant.must('POST', '/v1/users', { email });
  for (let sends = 0; sends < 5; sends += 1) t.equal((await people.send({ email })).status, 200);
  const code = await codeFor(node, email, 5);
  const refused = await people.send({ email });
  t.same([refused.status, refused.code], [429, 'rate_limited']);
  t.ok(Number(refused.headers.get('retry-after')) > 0);
  const guesses = await Promise.all(Array.from({ length: 10 }, () => people.otp({ email }, wrong(code))));
  t.ok(guesses.every((reply) => reply.code === 'invalid_grant'));
  t.equal((await people.otp({ email }, code)).code, 'too_many_attempts');
  const nobody = 'nobody@people.example';
  for (let tries = 0; tries < 10; tries += 1) await people.signIn(nobody, 'guess');
  t.equal((await people.signIn(nobody, 'guess')).code, 'too_many_attempts', 'the same for who is not there');
});

t.test('a changed password ends every session', async (t) => {
  const email = 'changing@people.example';
  const old = await people.signedUp(email);
  const other = (await people.signIn(email)).json;
  const change = (current_password: string, new_password: string) =>
    people.post('/v1/auth/password/change', { current_password, new_password }, old.access_token);
  t.equal((await change('wrong', 'violet-Anchor-77-meadow')).code, 'invalid_credentials');
  t.equal((await change(PASSWORD, email)).code, 'password_too_weak');
  t.equal((await change(PASSWORD, 'violet-Anchor-77-meadow')).status, 200);
  t.equal((await change(PASSWORD, PASSWORD)).code, 'invalid_token', 'the caller is signed out too');
  t.equal((await people.refresh(other.refresh_token)).code, 'invalid_grant');
  t.equal((await people.signIn(email)).code, 'invalid_grant');
  t.equal((await people.signIn(email, 'violet-Anchor-77-meadow')).status, 200);
});

t.test('a reset by mail', async (t) => {
  const email = 'forgetful@people.example';
  const before = await people.signedUp(email);
  const ask = (to: string) =>
    people.post('/v1/auth/password/reset', { client_id: people.clientId, email: to });
  const asked = await ask(email);
  const unknown = await ask('stranger@people.example');
  t.same([asked.status, asked.json], [unknown.status, unknown.json]);
  const token = await tokenFor(node, email, 2);
  const reset = (new_password: string) => people.post('/v1/auth/password/reset', { token, new_password });
  t.equal((await reset('short')).code, 'password_too_weak');
  const replies = await Promise.all([reset('amber-Bridge-31-willow'), reset('amber-Bridge-32-willow')]);
  t.same(replies.map((reply) => reply.status).sort(), [200, 400], 'once, also at once');
  t.equal((await reset('amber-Bridge-33-willow')).code, 'link_invalid');
  t.equal(await people.isActive(before.access_token), false);
  t.equal((await people.signIn(email)).code, 'invalid_grant');
  t.equal(
    (await people.post('/v1/auth/password/reset', { email })).json.error.details.fields[0].field,
    'client_id',
  );
});

t.test('signing out, and users who may not', async (t) => {
  const email = 'leaving@people.example';
  const mine = await people.signedUp(email);
  const other = (await people.signIn(email)).json;
  const thief = await people.signedUp('thief@people.example');
  const revoke = (token: string, as: string) => people.post('/v1/auth/revoke', { token }, as);
  t.equal((await revoke(mine.refresh_token, thief.access_token)).status, 200, 'says nothing about others');
  t.equal(await people.isActive(mine.access_token), true);
  t.equal((await revoke(other.access_token, mine.access_token)).status, 200);
  t.equal(await people.isActive(other.access_token), false);
  t.equal((await people.refresh(other.refresh_token)).code, 'invalid_grant');
  await revoke(mine.refresh_token, mine.access_token);
  t.equal((await revoke(mine.refresh_token, mine.access_token)).status, 401);

  const { sub } = await people.introspect(thief.access_token);
  await tenant.must('DELETE', `/v1/users/${sub}`);
  t.equal(await people.isActive(thief.access_token), false, 'erased');
  t.equal((await people.refresh(thief.refresh_token)).code, 'invalid_grant');
  t.equal((await people.signIn('thief@people.example')).code, 'invalid_grant');
  const { store } = node.engine.context;
  t.equal(await store.count('userCredentials', { userId: sub }), 0);
  t.equal(await store.count('userSessions', { userId: sub }), 0);
});

t.test('a suspended user is out, and a changed address is the login', async (t) => {
  const email = 'moving@people.example';
  const tokens = await people.signedUp(email);
  const { sub } = await people.introspect(tokens.access_token);
  const standing = (what: string) =>
    node.rest('POST', `/v1/users/${sub}/${what}`, { headers: tenant.admin, body: {} });
  t.equal((await standing('suspend')).status, 200);
  t.equal(await people.isActive(tokens.access_token), false);
  t.equal((await people.signIn(email)).code, 'invalid_grant');
  t.equal((await standing('reactivate')).status, 200);
  t.equal(await people.isActive(tokens.access_token), false, 'what ended stays ended');
  t.equal((await people.signIn(email)).status, 200);
  await tenant.must('PATCH', `/v1/users/${sub}`, { email: 'moved@people.example' });
  t.equal((await people.signIn(email)).code, 'invalid_grant');
  t.equal((await people.signIn('moved@people.example')).status, 200);
  const log = await node.engine.context.store.list('audit', { where: { tenantId: tenant.tenantId } });
  t.notMatch(JSON.stringify(log), /people\.example|\+9665/, 'the audit log names nobody');
});

t.test('another tenant’s client lets nobody in', async (t) => {
  const others = new People(node, await TestTenant.create(node, { auth_methods: ['mobile_otp'] }));
  const mine = await people.signedUp('private@people.example');
  t.equal((await others.signIn('private@people.example')).code, 'auth_method_disabled');
  t.equal((await others.refresh(mine.refresh_token)).code, 'invalid_grant');
  t.equal(await others.isActive(mine.access_token), false);
  t.equal(await people.isActive(mine.refresh_token), true, 'and no harm is done');
  const wrongSecret = { client_id: people.clientId, client_secret: 'wrong', token: mine.access_token };
  t.equal((await people.post('/v1/auth/introspect', wrongSecret)).code, 'invalid_client');
});

t.test('what ended stays ended and what waits is sent after a restart', async (t) => {
  const gone = await people.signedUp('gone@people.example');
  const stays = await people.signedUp('stays@people.example');
  await people.post('/v1/auth/revoke', { token: gone.access_token }, gone.access_token);
  const { context } = node.engine;
  const failing = { send: () => Promise.reject(new Error('the mail server is away')) };
  Object.assign(context, { mailer: failing });
  const email = 'patient@people.example';
  await people.register(email);
  const waiting = () => context.store.list('messages', { where: { tenantId: tenant.tenantId } });
  while ((await waiting())[0]?.attempts !== 1) await new Promise((resolve) => setImmediate(resolve));
  t.notMatch(JSON.stringify(node.logged), /patient|away/, 'no log says who was to be told what');
  node.clock.moveOn(60_000);
  await node.restart();
  t.equal((await people.verify(await tokenFor(node, email))).status, 200);
  t.same(await node.engine.context.store.list('messages', {}), [], 'and nothing of it is kept');
  t.equal(await people.isActive(gone.access_token), false);
  t.equal(await people.isActive(stays.access_token), true);
});
