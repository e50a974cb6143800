/** Identity checks of a whole engine, with the development provider and a fake of Nafath. */
import t from 'tap';
import { expireOverdueSessions } from '../../actors/kyc/settle.ts';
import { limits } from '../../engine/limits.ts';
import { callbackSecret, FakeNafath, sendCallback, signedCallback } from '../support/fake-nafath.ts';
import { type Json, startTestNode } from '../support/node.ts';
import { Receiver } from '../support/receiver.ts';
import { capture, enrolmentScans, TestTenant } from '../support/tenant.ts';

const nafath = await FakeNafath.open();
const node = await startTestNode({
  THENAR_KYC_MOCK_SECRET: callbackSecret,
  THENAR_KYC_NAFATH_URL: nafath.url,
  THENAR_KYC_NAFATH_APP_ID: 'app',
  THENAR_KYC_NAFATH_APP_KEY: 'key',
  THENAR_KYC_NAFATH_SECRET: callbackSecret,
});
const tenant = await TestTenant.create(node);
const neighbours = await TestTenant.create(node);
const strict = await TestTenant.create(node, { kyc_required: true });
const scanner = await strict.scanner();
const national_id = '1012345678';

const initiate = (user: Json, more: object = {}) =>
  tenant.call('POST', '/v1/kyc/initiate', { user_id: user.user_id, ...more });
const statusOf = (user: Json): Promise<Json> => tenant.must('GET', `/v1/kyc/status/${user.user_id}`);
const callback = (provider: string, fields: object, at = node.clock.now(), id?: string) =>
  sendCallback(node.urls.publicUrl, provider, signedCallback(fields, at, id));
const sessions = (query = ''): Promise<Json> =>
  node.rest('GET', `/v1/kyc/sessions${query}`, { headers: tenant.admin });

t.test('where it is required, nobody is enrolled or served before', async (t) => {
  const user = await strict.user();
  const ask = { user_id: user.user_id, ...scanner.device, palm_type: 'right' };
  const refused = await strict.call('POST', '/v1/enroll', ask);
  t.same([refused.status, refused.code], [403, 'kyc_required']);
  t.equal(await scanner.codeOf(scanner.client.enrol(user.user_id, enrolmentScans(7))), 'kyc_required');

  const { store, views } = node.engine.context;
  const kyc = (kycStatus: 'verified' | 'pending') => {
    const where = { tenantId: strict.tenantId, userId: user.user_id };
    return store
      .commit({ tenantId: strict.tenantId, writes: [{ update: 'users', where, set: { kycStatus } }] })
      .then(() => views.forgetUser(strict.tenantId, user.user_id));
  };
  const begun = await strict.must('POST', '/v1/kyc/initiate', { user_id: user.user_id });
  await callback('mock', { session_id: begun.session_id, status: 'verified' });
  const { challenge_id } = await scanner.askEnrolment(user);
  await kyc('pending');
  t.equal(await scanner.codeOf(scanner.client.complete(challenge_id, enrolmentScans(7))), 'kyc_required');
  await kyc('verified');
  await scanner.client.complete(challenge_id, enrolmentScans(7));
  const decided = () => scanner.client.transaction(capture(7), { amount: 1 });
  t.equal((await decided()).decision, 'allow');
  await kyc('pending');
  t.equal((await decided()).decision, 'not_recognized');
});

t.test('a check by callback: once, by signature, in one commit', async (t) => {
  const receiver = await Receiver.open();
  await tenant.must('POST', '/v1/webhooks', { name: 'kyc', endpoint: receiver.url, events: ['kyc.status'] });
  const user = await tenant.user();
  t.match(await statusOf(user), { status: 'not_started', session: null });
  const begun = await initiate(user);
  t.equal(begun.status, 200);
  t.match(begun.data, { user_id: user.user_id, provider: 'mock', status: 'pending' });
  t.same((await initiate(user)).data, begun.data, 'the open check is the answer to a repeat');
  t.equal((await statusOf(user)).status, 'pending');

  const fields = { session_id: begun.data.session_id, status: 'verified' };
  const now = node.clock.now();
  const good = signedCallback(fields, now);
  const refused = [
    { ...good, body: good.body.replace('verified', 'rejected') },
    { ...good, body: JSON.stringify(fields) },
    { ...good, headers: { 'content-type': 'application/json' } },
    { ...good, headers: { ...good.headers, 'webhook-id': 'another' } },
    signedCallback(fields, now - (limits.webhook_signature_tolerance_s + 60) * 1000),
    signedCallback(fields, now, 'forged', Buffer.alloc(32, 8)),
  ];
  for (const each of refused) {
    const reply = await sendCallback(node.urls.publicUrl, 'mock', each);
    t.same([reply.status, reply.code], [401, 'kyc_signature_invalid']);
  }
  t.equal((await callback('mock', { ...fields, status: 'maybe' })).code, 'malformed_body');
  for (const session_id of ['no identifier', "' OR 1=1 --", '00000000-0000-4000-8000-000000000000']) {
    t.equal((await callback('mock', { ...fields, session_id })).code, 'kyc_session_not_found', session_id);
  }
  const answers = await Promise.all([1, 2, 3].map(() => sendCallback(node.urls.publicUrl, 'mock', good)));
  t.same(answers.map(({ status }) => status).sort(), [200, 409, 409]);
  t.equal((await sendCallback(node.urls.publicUrl, 'mock', good)).code, 'kyc_callback_replayed');
  const late = await callback('mock', { ...fields, status: 'rejected' }, now, 'another');
  t.same([late.status, late.code], [409, 'kyc_session_over']);
  t.match(await statusOf(user), {
    status: 'verified',
    session: { session_id: begun.data.session_id, status: 'verified', completed_at: String },
  });
  t.match((await initiate(user)).data, { status: 'verified', session_id: begun.data.session_id });
  const told = await receiver.until(2);
  t.same(
    told.map(({ event }) => event.data.status),
    ['pending', 'verified'],
  );
  t.match(told[1]?.event.data, { user_id: user.user_id, provider: 'mock', external_user_id: String });
  const trail = await node.engine.context.store.list('audit', {
    where: {
      tenantId: tenant.tenantId,
      userId: user.user_id,
      eventType: { in: ['kyc_initiated', 'kyc_verified'] },
    },
  });
  t.same(trail.map(({ actor, eventType }) => [eventType, actor.split('/')[0]]).sort(), [
    ['kyc_initiated', 'client'],
    ['kyc_verified', 'provider'],
  ]);
});

t.test('Nafath: a number to pick, then its callback', async (t) => {
  const user = await tenant.user();
  t.equal((await initiate(user, { provider: 'nafath' })).status, 422, 'it needs a national identifier');
  t.equal((await initiate(user, { provider: 'nafath', national_id: '5' })).status, 422);
  t.equal(nafath.requests.length, 0);
  const begun = await initiate(user, { provider: 'nafath', national_id });
  t.match(begun.data, { provider: 'nafath', status: 'pending', random: '42' });
  t.match(nafath.requests, [
    {
      id: begun.data.session_id,
      headers: { 'app-id': 'app', 'app-key': 'key' },
      body: { nationalId: national_id },
    },
  ]);
  t.equal((await initiate(user, { provider: 'mock' })).code, 'kyc_in_progress');
  const requestId = begun.data.session_id;
  const transId = `trans-${requestId}`;
  t.equal(
    (await callback('nafath', { requestId, transId: 'x', status: 'COMPLETED' })).code,
    'kyc_session_not_found',
  );
  t.equal(
    (await callback('mock', { session_id: requestId, status: 'verified' })).code,
    'kyc_session_not_found',
  );
  t.equal((await callback('nafath', { requestId, transId, status: 'WAITING' })).data.status, 'pending');
  const done = await callback('nafath', { requestId, transId, status: 'REJECTED' });
  t.same([done.status, done.data.status], [200, 'rejected']);
  const ended = await statusOf(user);
  t.equal(ended.status, 'rejected');
  t.notOk('random' in ended.session, 'what was only to be shown is gone');
  const rows = await node.engine.context.store.list('kycSessions', { where: { sessionId: requestId } });
  t.notMatch(JSON.stringify(rows), national_id, 'the identifier is not kept');
  t.equal((await initiate(user, { provider: 'nafath', national_id })).data.status, 'pending', 'another try');
});

t.test('a provider that is away, refuses, or is faster than its answer', async (t) => {
  const user = await tenant.user();
  const ask = () => initiate(user, { provider: 'nafath', national_id });
  nafath.answers.push(503);
  const away = await ask();
  t.same([away.status, away.code], [503, 'unavailable']);
  t.ok(away.headers.get('retry-after'));
  nafath.answers.push(400);
  t.same((await ask()).code, 'kyc_provider_refused');
  t.equal((await statusOf(user)).status, 'not_started', 'the user is where they were');
  nafath.meanwhile = async (requestId) => {
    await callback('nafath', { requestId, transId: `trans-${requestId}`, status: 'COMPLETED' });
  };
  t.equal((await ask()).data.status, 'verified');
  nafath.meanwhile = async () => {};
  t.equal((await statusOf(user)).status, 'verified');
});

t.test('many at once are one check', async (t) => {
  const user = await tenant.user();
  const before = nafath.requests.length;
  const replies = await Promise.all(
    [1, 2, 3, 4].map(() => initiate(user, { provider: 'nafath', national_id })),
  );
  t.equal(new Set(replies.map(({ data }) => data.session_id)).size, 1);
  t.equal(nafath.requests.length, before + 1);
});

t.test('a check without an answer ends, when somebody looks and when nobody does', async (t) => {
  const [looked, forgotten] = [await tenant.user(), await tenant.user()];
  const one = (await initiate(looked)).data;
  const other = (await initiate(forgotten)).data;
  node.clock.moveOn(limits.kyc_session_life_s * 1000);
  t.match(await statusOf(looked), { status: 'expired', session: { status: 'expired', reason: 'no_answer' } });
  const late = await callback('mock', { session_id: other.session_id, status: 'verified' });
  t.same([late.status, late.code], [409, 'kyc_session_over']);
  await expireOverdueSessions(node.engine.context);
  t.equal((await statusOf(forgotten)).status, 'expired');
  t.not((await initiate(looked)).data.session_id, one.session_id);
});

t.test('an open check outlives a restart', async (t) => {
  const user = await tenant.user();
  const begun = (await initiate(user)).data;
  await node.restart();
  t.same((await initiate(user)).data, begun);
  const fields = { session_id: begun.session_id, status: 'verified' };
  t.equal((await callback('mock', fields, node.clock.now(), 'kept')).status, 200);
  await node.restart();
  t.equal((await callback('mock', fields, node.clock.now(), 'kept')).code, 'kyc_callback_replayed');
});

t.test('whose it is, and what is asked for', async (t) => {
  const user = await tenant.user();
  await initiate(user);
  for (const reply of [
    await neighbours.call('GET', `/v1/kyc/status/${user.user_id}`),
    await neighbours.call('POST', '/v1/kyc/initiate', { user_id: user.user_id }),
  ]) {
    t.same([reply.status, reply.code], [404, 'user_not_found']);
  }
  t.equal((await initiate(user, { provider: 'typo' })).status, 422);
  t.equal((await callback('typo', {})).status, 404);
  t.equal((await tenant.call('GET', '/v1/kyc/sessions')).status, 403, 'a console’s list');
  const all = await sessions();
  t.ok(all.json.pagination.total >= 8);
  t.equal((await sessions(`?user_id=${user.user_id}`)).data.length, 1);
  const rejected = await sessions('?status=rejected&provider=nafath');
  t.same(
    rejected.data.map((each: Json) => each.status),
    ['rejected'],
  );
  t.equal((await sessions('?date_to=2020-01-01')).data.length, 0);
  t.equal((await node.rest('GET', '/v1/kyc/sessions', { headers: neighbours.admin })).data.length, 0);
});
