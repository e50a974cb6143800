/** Consent: recorded, withdrawn, and the gate that it is for everything biometric. */
import { once } from 'node:events';
import t from 'tap';
import { deviceRest, type RestReply, sharedTestNode } from '../support/node.ts';
import { Receiver } from '../support/receiver.ts';
import { capture, enrolmentScans, eventually, inBody, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node, { consent_required: true });
const scanner = await tenant.scanner();

function asAdmin(method: string, path: string, body?: unknown): Promise<RestReply> {
  return node.rest(method, path, { headers: tenant.admin, ...(body === undefined ? {} : { body }) });
}
const grant = (user_id: string, consent_type = 'biometric', version = '1.0') =>
  tenant.must('POST', '/v1/consent', { user_id, consent_type, version });
const withdraw = (user_id: string, more: object = {}) =>
  tenant.must('POST', '/v1/consent/withdraw', { user_id, consent_type: 'biometric', ...more });
async function auditOf(userId: string): Promise<string[]> {
  const rows = await node.engine.context.store.list('audit', { where: { userId }, order: [['seq', 'asc']] });
  return rows.map((row) => row.eventType);
}
async function enrolled(person: number) {
  const user = await tenant.user();
  await grant(user.user_id);
  await scanner.client.enrol(user.user_id, enrolmentScans(person));
  return user;
}

t.test('what was agreed to, by kind and version', async (t) => {
  const user = await tenant.user('agrees');
  const first = await tenant.must('POST', '/v1/consent', {
    external_user_id: 'agrees',
    consent_type: 'biometric',
    version: '1.0',
    channel: 'branch',
  });
  t.match(first, {
    user_id: user.user_id,
    consent_type: 'biometric',
    version: '1.0',
    status: 'granted',
    channel: 'branch',
  });
  t.same(await grant(user.user_id), first, 'the same again changes nothing');
  t.match(await grant(user.user_id, 'biometric', '2.0'), { version: '2.0' });
  await grant(user.user_id, 'marketing');
  t.match(await tenant.must('GET', `/v1/consent/${user.user_id}`), {
    user_id: user.user_id,
    status: 'granted',
    consents: [
      { consent_type: 'biometric', version: '2.0', status: 'granted' },
      { consent_type: 'marketing', status: 'granted' },
    ],
  });
  const events = (await auditOf(user.user_id)).filter((event) => event.startsWith('consent'));
  t.same(events, ['consent_granted', 'consent_granted', 'consent_granted']);
  const never = await tenant.call('POST', '/v1/consent/withdraw', {
    user_id: user.user_id,
    consent_type: 'terms',
  });
  t.same([never.status, never.code], [404, 'consent_not_found']);
  t.equal((await tenant.call('POST', '/v1/consent', { consent_type: 'x', version: '1' })).status, 422);
});

t.test('nothing biometric without it, and each refusal is on record', async (t) => {
  const { user_id } = await tenant.user();
  await grant(user_id, 'marketing');
  const body = { user_id, ...scanner.device };
  for (const [path, more] of [
    ['/v1/enroll', { palm_type: 'left' }],
    ['/v1/enroll/both', {}],
    ['/v1/verify', {}],
  ] as const) {
    const refused = await tenant.call('POST', path, { ...body, ...more });
    t.same([refused.status, refused.code], [403, 'consent_required'], path);
  }
  t.equal(await scanner.codeOf(scanner.client.enrol(user_id, enrolmentScans(1))), 'consent_required');
  const { store } = node.engine.context;
  t.equal(await store.count('palmLog', { userId: user_id }), 0);
  t.equal((await auditOf(user_id)).filter((event) => event === 'consent_refused').length, 4);
  t.match(await tenant.must('GET', `/v1/users/${user_id}`), { consent_status: 'none' }, 'marketing is none');
});

t.test('given at the device, over the socket and over REST', async (t) => {
  const [one, other] = [await tenant.user(), await tenant.user()];
  const consent = { user_id: one.user_id, consent_type: 'palm_recognition', version: '3' };
  t.match(await scanner.client.call('consent.record', consent), { ...consent, channel: 'device' });
  await scanner.client.enrol(one.user_id, enrolmentScans(2));
  const { deviceUrl } = tenant.urls;
  const send = (path: string, body: object) => deviceRest(deviceUrl, scanner.credentials, 'POST', path, body);
  const told = await send('/v1/device/consent', { ...consent, user_id: other.user_id });
  t.match([told.status, told.json], [200, { user_id: other.user_id, status: 'granted' }]);
  const enrolment = { user_id: other.user_id, scans: enrolmentScans(3).map(inBody) };
  t.equal((await send('/v1/device/enroll', enrolment)).status, 200);
  const stranger = await TestTenant.create(node);
  const theirs = await stranger.user();
  const foreign = await send('/v1/device/consent', { ...consent, user_id: theirs.user_id });
  t.same([foreign.status, foreign.code], [404, 'user_not_found']);
});

t.test('withdrawing cancels what is open and ends recognition', async (t) => {
  const receiver = await Receiver.open();
  await asAdmin('POST', '/v1/webhooks', {
    name: 'consents',
    endpoint: receiver.url,
    events: ['consent.withdrawn', 'user.suspended', 'user.reactivated'],
  });
  const user = await enrolled(4);
  t.match(await scanner.client.transaction(capture(4), {}), { decision: 'allow' });
  const { challenge_id } = await scanner.askVerification(user);
  const cancelled = once(scanner.client, 'cancel');
  const withdrawn = await withdraw(user.user_id);
  t.match(withdrawn, { status: 'withdrawn', withdrawn_at: String });
  t.same((await cancelled)[0], { challenge_id, reason: 'consent_withdrawn' });
  t.match(await scanner.client.transaction(capture(4), {}), { decision: 'not_recognized' });
  t.ok((await auditOf(user.user_id)).includes('consent_refused'), 'the match that was not used is on record');
  t.same(await withdraw(user.user_id), withdrawn, 'again: the same');
  const [event] = await receiver.until(1);
  t.match(event?.event, { event_type: 'consent.withdrawn', data: { user_id: user.user_id, version: '1.0' } });
  await asAdmin('POST', `/v1/users/${user.user_id}/suspend`, { reason: 'left' });
  await asAdmin('POST', `/v1/users/${user.user_id}/reactivate`);
  const [, suspended, reactivated] = await receiver.until(3);
  t.match(suspended?.event, { event_type: 'user.suspended', data: { reason: 'left' } });
  t.match(reactivated?.event, { event_type: 'user.reactivated', data: { status: 'active' } });
  await grant(user.user_id);
  t.match(
    await scanner.client.transaction(capture(4), {}),
    { decision: 'allow' },
    'given again, known again',
  );
});

t.test('withdrawing with erase leaves no palm, and a new one stands under a new key', async (t) => {
  const user = await enrolled(5);
  const { store, subjectKeys } = node.engine.context;
  const before = subjectKeys.find(user.user_id);
  const { erasure, status } = await withdraw(user.user_id, { erase: true });
  t.equal(status, 'withdrawn');
  t.equal(erasure.feature_ids.length, 1);
  t.match(await tenant.must('GET', `/v1/users/${user.user_id}`), {
    status: 'active',
    palms: [],
    palm_enrolled: false,
    consent_status: 'withdrawn',
  });
  const complete = (id: string) =>
    eventually(
      () => tenant.must('GET', `/v1/erasures/${id}`),
      (receipt) => receipt.status === 'complete',
    );
  await complete(erasure.erasure_id);
  t.equal(subjectKeys.find(user.user_id), null);
  const log = await store.list('palmLog', { where: { userId: user.user_id, operation: 'add' } });
  t.ok(log.length > 0 && log.every((entry) => entry.sealed === null));
  await grant(user.user_id);
  await scanner.client.enrol(user.user_id, enrolmentScans(5));
  t.notSame(subjectKeys.find(user.user_id), before);
  // Erased, given again and enrolled at once, over and over: no erasure takes the key of a later palm.
  for (let round = 0; round < 3; round += 1) {
    const again = await withdraw(user.user_id, { erase: true });
    await grant(user.user_id);
    await scanner.client.enrol(user.user_id, enrolmentScans(5));
    await complete(again.erasure.erasure_id);
  }
  await node.restart();
  await scanner.client.connect();
  t.match(await scanner.client.transaction(capture(5), {}), { decision: 'allow' }, 'its templates open');
});

t.test('consent withdrawn while a palm is being looked at is refused inside the commit', async (t) => {
  const user = await enrolled(6);
  const { challenge_id } = await scanner.askVerification(user);
  const { context } = node.engine;
  const { matcher } = context;
  const verify = matcher.verify.bind(matcher);
  Object.assign(matcher, {
    verify: async (...args: Parameters<typeof verify>) => {
      const found = await verify(...args);
      await withdraw(user.user_id);
      return found;
    },
  });
  t.teardown(() => Object.assign(matcher, { verify }));
  const code = await scanner.codeOf(scanner.client.complete(challenge_id, [capture(6)]));
  t.equal(code, 'consent_required');
  await eventually(
    () => tenant.must('GET', `/v1/challenges/${challenge_id}`),
    (challenge) => challenge.status === 'cancelled',
  );
  t.ok((await auditOf(user.user_id)).includes('consent_refused'));
  t.notOk((await auditOf(user.user_id)).includes('palm_verified'));
});

t.test('a start cancels what a crash left open', async (t) => {
  const user = await enrolled(7);
  const { challenge_id } = await scanner.askVerification(user);
  const { store } = node.engine.context;
  await store.commit({
    tenantId: tenant.tenantId,
    writes: [{ update: 'users', where: { userId: user.user_id }, set: { consentStatus: 'withdrawn' } }],
  });
  await node.restart();
  const over = await eventually(
    () => tenant.must('GET', `/v1/challenges/${challenge_id}`),
    (challenge) => challenge.status === 'cancelled',
  );
  t.equal(over.reason, 'consent_required');
});

t.test('records are listed for the console', async (t) => {
  const list = async (query: string) => asAdmin('GET', `/v1/consent/records?${query}`);
  const all = await list('');
  t.ok(all.json.pagination.total > 5);
  t.ok(
    (await list('consent_type=marketing')).data.every(
      (row: { consent_type: string }) => row.consent_type === 'marketing',
    ),
  );
  t.equal((await list('type=marketing')).json.pagination.total, 2);
  t.ok((await list('status=withdrawn')).data.every((row: { status: string }) => row.status === 'withdrawn'));
  t.equal((await list('date_to=2020-01-01')).json.pagination.total, 0);
  t.equal((await list('date_from=2020-01-01')).json.pagination.total, all.json.pagination.total);
  t.equal((await list('page_size=2&page=2')).data.length, 2);
  for (const query of ['status=none', 'date_from=yesterday', 'page=0']) {
    t.equal((await list(query)).status, 422, query);
  }
});
