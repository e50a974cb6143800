/** A tenant's configuration: who may change it, and that every setting takes effect at once. */
import { once } from 'node:events';
import t from 'tap';
import { sharedTestNode } from '../support/node.ts';
import { capture, enrolmentScans, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node, { auth_methods: ['password'], enrolment_life_s: 100 });

const change = (of: TestTenant, body: object) =>
  node.rest('PATCH', '/v1/tenant/config', { headers: of.admin, body });
const auditOf = (of: TestTenant, eventType: string) =>
  node.engine.context.store.list('audit', {
    where: { tenantId: of.tenantId, eventType },
    order: [['seq', 'asc']],
  });

t.test('what was given at creation, under the defaults', async (t) => {
  const config = (await node.rest('GET', '/v1/tenant/config', { headers: tenant.admin })).data;
  t.match(config, {
    auth_methods: ['password'],
    enrolment_life_s: 100,
    verification_life_s: 300,
    audit_enabled: true,
    palm_provider: 'reference',
    duplicate_policy: 'reject',
    sms_provider: null,
    scanner_calls_per_second: 200,
  });
  const shown = await node.platform('GET', `/v1/admin/tenants/${tenant.tenantId}`);
  t.same(shown.data.config, config, 'the platform sees the same');
});

t.test('any subset changes, and the record names what did', async (t) => {
  const reply = await change(tenant, { kyc_required: true, quality_min: 0.2, requests_burst: 2_000 });
  t.equal(reply.status, 200);
  t.match(reply.data, { kyc_required: true, quality_min: 0.2, enrolment_life_s: 100 });
  const again = await change(tenant, { kyc_required: true, quality_min: 0.2 });
  t.equal(again.status, 200);
  const [record, ...more] = await auditOf(tenant, 'tenant_config_updated');
  t.same(record?.details, { fields: ['kyc_required', 'quality_min'] });
  t.same(more, [], 'nothing changed, nothing recorded');
  await change(tenant, { kyc_required: false, quality_min: 0 });
});

t.test('two who change different settings at once both have their way', async (t) => {
  await Promise.all([change(tenant, { liveness_min: 0.3 }), change(tenant, { sms_sender_id: 'Acme' })]);
  const config = (await node.rest('GET', '/v1/tenant/config', { headers: tenant.admin })).data;
  t.match(config, { liveness_min: 0.3, sms_sender_id: 'Acme' });
  await change(tenant, { liveness_min: null });
});

t.test('a value nobody knows is named', async (t) => {
  for (const [body, field] of [
    [{ duplicate_policy: 'maybe' }, 'duplicate_policy'],
    [{ palm_provider: 'acme' }, 'palm_provider'],
    [{ auth_methods: ['telepathy'] }, 'auth_methods[0]'],
    [{ verification_life_s: 1 }, 'verification_life_s'],
    [{ scanner_calls_per_second: 0 }, 'scanner_calls_per_second'],
    [{ consent_required: null }, 'consent_required'],
  ] as const) {
    const reply = await change(tenant, body);
    t.equal(reply.status, 422, field);
    t.equal(reply.json.error.details.fields[0].field, field);
  }
});

t.test('challenges live as long as the tenant says', async (t) => {
  await change(tenant, { verification_life_s: 40 });
  const scanner = await tenant.scanner();
  const user = await tenant.enrol(scanner, 11);
  const life = ({ created_at, expires_at }: { created_at: string; expires_at: string }) =>
    (Date.parse(expires_at) - Date.parse(created_at)) / 1000;
  const shown = async (id: string) => tenant.must('GET', `/v1/challenges/${id}`);
  const verification = await scanner.askVerification(user);
  t.equal(life(await shown(verification.challenge_id)), 40);
  const other = await tenant.user();
  const enrolment = await scanner.askEnrolment(other, { palm_type: 'left' });
  t.equal(life(await shown(enrolment.challenge_id)), 100);
  const asked = await scanner.askVerification(user, { expires_in: 20 });
  t.equal(life(await shown(asked.challenge_id)), 20, 'unless the caller says otherwise');
});

t.test('a flagged duplicate is enrolled, and only the audit record names the other', async (t) => {
  const flagging = await TestTenant.create(node, { duplicate_policy: 'flag' });
  const scanner = await flagging.scanner();
  const first = await flagging.enrol(scanner, 21);
  const second = await flagging.user('somebody-else');
  const enrolled = await scanner.client.enrol(second.user_id, enrolmentScans(21));
  t.notMatch(JSON.stringify(enrolled), first.user_id);
  const [record, ...more] = await auditOf(flagging, 'palm_duplicate_flagged');
  t.match(record, { severity: 'warning', userId: second.user_id, details: { other_user_id: first.user_id } });
  t.same(more, []);
});

t.test('with the log off, daily work is not recorded and administration is', async (t) => {
  const quiet = await TestTenant.create(node, { audit_enabled: false });
  const scanner = await quiet.scanner();
  await quiet.enrol(scanner, 31);
  t.match(await scanner.client.transaction(capture(31), {}), { decision: 'allow' });
  for (const event of ['user_created', 'palm_enrolled', 'palm_transaction', 'device_paired']) {
    t.same(await auditOf(quiet, event), [], event);
  }
  t.equal((await auditOf(quiet, 'console_login')).length, 1);
  t.equal((await auditOf(quiet, 'client_created')).length, 1);
  await change(quiet, { audit_enabled: true });
  await quiet.user();
  t.equal((await auditOf(quiet, 'user_created')).length, 1, 'and on again at once');
});

t.test('the device class restricts where the tenant says so', async (t) => {
  const scanner = await tenant.scanner({ device_class: 'pos' });
  const user = await tenant.user('classy');
  await change(tenant, { enforce_device_class: true });
  const refused = await tenant.call('POST', '/v1/enroll', {
    user_id: user.user_id,
    ...scanner.device,
    palm_type: 'left',
  });
  t.same([refused.status, refused.code], [403, 'device_class_mismatch']);
  const gate = await tenant.scanner({ device_class: 'gate' });
  t.equal(await gate.codeOf(gate.client.enrol(user.user_id, enrolmentScans(41))), 'device_class_mismatch');
  await change(tenant, { enforce_device_class: false });
  t.ok(await gate.client.enrol(user.user_id, enrolmentScans(41)));
});

t.test('scanners hear of it: at once, or when they are back', async (t) => {
  const other = await TestTenant.create(node);
  const [here, away] = [await other.scanner(), await other.scanner()];
  await away.client.close();
  const heard = once(here.client, 'config');
  await change(other, { quality_min: 0.4, auth_methods: ['password'] });
  t.match((await heard)[0], { quality_min: 0.4, liveness_min: null, calls_per_second: 200 });
  const later = once(away.client, 'config');
  await away.client.connect();
  t.match((await later)[0], { quality_min: 0.4 });
});

t.test('a scanner’s rate is the tenant’s, from its next call on', async (t) => {
  const slow = await TestTenant.create(node);
  const scanner = await slow.scanner();
  const closed = once(scanner.client, 'closed');
  await change(slow, { scanner_calls_per_second: 1 });
  const calls = Array.from({ length: 8 }, () => scanner.codeOf(scanner.client.list()));
  t.equal((await closed)[0].code, 4429);
  await Promise.all(calls);
});

t.test('only administrators change it', async (t) => {
  const reply = await tenant.call('PATCH', '/v1/tenant/config', { consent_required: true });
  t.equal(reply.status, 403);
  t.equal((await node.platform('GET', '/v1/tenant/config')).code, 'tenant_required');
});
