/** Consent and palm restriction wherever a palm is captured or matched; and a tenant's numbers. */
import { once } from 'node:events';
import t from 'tap';
import { type RestReply, sharedTestNode } from '../support/node.ts';
import { capture, enrolmentScans, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();

function asAdmin(of: TestTenant, method: string, path: string, body?: unknown): Promise<RestReply> {
  return node.rest(method, path, { headers: of.admin, ...(body === undefined ? {} : { body }) });
}
async function auditOf(userId: string): Promise<string[]> {
  const rows = await node.engine.context.store.list('audit', { where: { userId }, order: [['seq', 'asc']] });
  return rows.map((row) => row.eventType);
}

t.test('a palm restriction holds wherever a palm is captured or matched', async (t) => {
  const user = await tenant.enrol(scanner, 2, ['left', 'right']);
  const path = `/v1/users/${user.user_id}/palm-restriction`;
  t.same((await asAdmin(tenant, 'GET', path)).data, { user_id: user.user_id, restriction: 'all' });
  const right = await scanner.askVerification(user, { palm_type: 'right' });
  const any = await scanner.askVerification(user);
  const cancelled = once(scanner.client, 'cancel');
  t.same((await asAdmin(tenant, 'PUT', path, { restriction: 'left' })).data.restriction, 'left');
  t.match((await cancelled)[0], { challenge_id: right.challenge_id, reason: 'palm_restricted' });
  const wrong = scanner.client.complete(any.challenge_id, [capture(2, 'right')]);
  t.equal(await scanner.codeOf(wrong), 'palm_restricted');
  t.match(await scanner.client.complete(any.challenge_id, [capture(2, 'left')]), { matched: true });
  t.match(await scanner.client.transaction(capture(2, 'right'), {}), { decision: 'not_recognized' });
  t.match(await scanner.client.transaction(capture(2, 'left'), {}), { decision: 'allow' });
  const body = { user_id: user.user_id, ...scanner.device };
  for (const [route, more] of [
    ['/v1/verify', { palm_type: 'right' }],
    ['/v1/enroll', { palm_type: 'right', replace: true }],
    ['/v1/enroll/both', { replace: true }],
  ] as const) {
    const reply = await tenant.call('POST', route, { ...body, ...more });
    t.same([reply.status, reply.code], [403, 'palm_restricted'], route);
  }
  const fresh = await tenant.user();
  await asAdmin(tenant, 'PUT', `/v1/users/${fresh.user_id}/palm-restriction`, { restriction: 'disable' });
  const atDevice = scanner.client.enrol(fresh.user_id, enrolmentScans(3));
  t.equal(await scanner.codeOf(atDevice), 'palm_restricted');
  const asked = await tenant.call('POST', '/v1/enroll', {
    user_id: fresh.user_id,
    ...scanner.device,
    palm_type: 'left',
  });
  t.equal(asked.code, 'palm_restricted');
  t.ok((await auditOf(fresh.user_id)).includes('palm_restriction_changed'));
  t.ok((await auditOf(fresh.user_id)).includes('palm_restriction_refused'));
  t.equal((await asAdmin(tenant, 'PUT', path, { restriction: 'none' })).status, 422);
});

t.test('the numbers of a tenant are what there is to count, also after a restart', async (t) => {
  const own = await TestTenant.create(node);
  const till = await own.scanner();
  const people = [await own.enrol(till, 6, ['left', 'right']), await own.enrol(till, 7), await own.user()];
  const gone = await own.user();
  await own.must('POST', '/v1/consent', {
    user_id: people[0]?.user_id,
    consent_type: 'palm_recognition',
    version: '1',
  });
  await asAdmin(own, 'POST', `/v1/users/${people[2]?.user_id}/suspend`);
  await own.must('DELETE', `/v1/users/${gone.user_id}`);
  await till.client.transaction(capture(6, 'left'), {});
  await till.client.transaction(capture(9), {});
  const challenge = await till.askVerification(people[1]!);
  await till.client.complete(challenge.challenge_id, [capture(7)]);
  const stats = async () => (await asAdmin(own, 'GET', '/v1/tenant/stats')).data;
  const expected = {
    total_identities: 3,
    active_enrollments: 2,
    consent_opt_in_rate: 1 / 3,
    auth_activity: { last_24h: 3, last_7d: 3, success_rate: 2 / 3 },
    kyc_pipeline: { not_started: 3, pending: 0, verified: 0, rejected: 0, expired: 0 },
    user_status: { active: 2, suspended: 1, deleted: 1 },
    devices: { online: 1, total: 1 },
  };
  const { by_hour: hours, ...activity } = (await stats()).auth_activity;
  t.match(hours.at(-1)?.hour, /T\d\d:00:00/, 'whole hours');
  const sum = (name: 'succeeded' | 'failed') =>
    hours.reduce((total: number, hour: Record<typeof name, number>) => total + hour[name], 0);
  t.same([sum('succeeded'), sum('failed')], [2, 1], 'and nothing is counted twice');
  t.same({ ...(await stats()), auth_activity: activity }, expected);
  await own.must('DELETE', `/v1/users/${people[0]?.user_id}`);
  t.match(await stats(), { total_identities: 2, active_enrollments: 1, consent_opt_in_rate: 0 });
  await node.restart();
  t.match(await stats(), { total_identities: 2, active_enrollments: 1, devices: { online: 0, total: 1 } });
});
