/** From the small to the large palm model and back, with the reference verification server. */
import t from 'tap';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import { type Json, startTestNode } from '../support/node.ts';
import { capture, enrolmentScans, eventually, inBody, TestTenant } from '../support/tenant.ts';
import { TestVerificationServer } from '../support/verification.ts';

const node = await startTestNode({ THENAR_PALM_MODEL: 'small' });
const server = await TestVerificationServer.open();
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const MIGRATE = '/v1/admin/palm/migrate';

function reported(featureId: string) {
  return {
    format: 'result',
    matched: true,
    scores: [1, 1, 1, 1],
    feature_id: featureId,
    palm_type: 'right',
  } as const;
}

/** A person whom a device knows; the server too, unless it forgot. */
async function person(who: number, kept = true): Promise<Json> {
  const user = await tenant.user(`person-${who}`);
  await scanner.client.enrol(user.user_id, [reported(`dev-${who}`)]);
  if (kept) await server.keep(tenant.tenantId, `dev-${who}`, enrolmentScans(who).map(inBody));
  return user;
}

async function over(): Promise<Json> {
  const { data } = await eventually(
    () => node.platform('GET', '/v1/admin/palm/model'),
    (reply) => reply.data.migration_status !== 'running',
  );
  await scanner.client.connect().catch(() => undefined);
  return data;
}

function palmsOf(user: Json): Promise<Json> {
  return tenant.must('GET', `/v1/users/${user.user_id}`).then((shown) => shown.palms);
}

const people = [await person(1), await person(2), await person(3)];
const stranger = await person(4, false);
const small = await Promise.all(people.map(palmsOf));

t.test('it needs a verification server that answers', async (t) => {
  const unset = await node.platform('POST', MIGRATE);
  t.same([unset.status, unset.code], [409, 'verification_server_unset']);
  t.equal((await node.platform('POST', MIGRATE, { action: 'rollback' })).code, 'palm_migration_refused');
  const path = '/v1/admin/palm/verification-server';
  await node.platform('PUT', path, { url: 'http://127.0.0.1:9' });
  t.same((await node.platform('POST', MIGRATE, {})).status, 503);
  t.equal((await node.platform('PUT', path, { url: server.url, api_key: server.apiKey })).status, 200);
  t.match((await node.platform('GET', '/v1/admin/palm/model')).data, { migration_status: 'none' });
});

t.test('too few migrated: the small model stays, and goes on', async (t) => {
  const started = await node.platform('POST', MIGRATE, {});
  t.equal(started.status, 202);
  t.match(started.data, { model: 'small', migration: { total: 4, min_share: 0.95 } });
  const ended = await over();
  t.match(ended, {
    model: 'small',
    migration_status: 'failed',
    migration: { reason: 'too_few_migrated', done: 4, migrated: 3, needs_reenrolment: 1 },
  });
  t.match(await scanner.client.transaction(reported('dev-1'), {}), { decision: 'allow' });
  const missed = await node.platform('GET', '/v1/admin/palm/migration?outcome=needs_reenrolment');
  t.match(missed.json.pagination, { total: 1 });
  t.match(missed.data, [{ user_id: stranger.user_id, reason: 'feature_unknown', feature_ids: [] }]);
});

t.test('started again with a lower share it switches the model', async (t) => {
  const late = await person(5);
  t.equal((await node.platform('POST', MIGRATE, { min_share: 0.5 })).status, 202);
  const ended = await over();
  t.match(ended, {
    model: 'large',
    scores: 10,
    migration_status: 'completed',
    migration: { phase: 'over', migrated: 4, needs_reenrolment: 1, min_share: 0.5 },
  });
  t.equal((await node.platform('POST', MIGRATE)).code, 'palm_migration_refused', 'nothing is left to do');
  t.equal(scanner.client.session?.model, 'thenar-palm-1');
  for (const [who, user] of [...people, late].entries()) {
    const { challenge_id } = await scanner.askVerification(user);
    const image = capture(who === 3 ? 5 : who + 1);
    t.match(await scanner.client.complete(challenge_id, [image]), { status: 'completed', matched: true });
    t.equal((await palmsOf(user)).length, 1, 'the small palm went');
  }
  t.match(await scanner.client.transaction(capture(2), {}), { decision: 'allow' });
  t.match(await scanner.client.transaction(capture(90), {}), { decision: 'not_recognized' });
  t.equal(await scanner.codeOf(scanner.client.transaction(reported('dev-1'), {})), 'palm_model_mismatch');
  t.match((await node.platform('GET', '/v1/admin/palm/thresholds')).data, { model: 'large', version: 1 });
  t.same(await palmsOf(stranger), [], 'who was not migrated enrols again');
  await scanner.client.enrol(stranger.user_id, enrolmentScans(4));
  t.match(await scanner.client.transaction(capture(4), {}), { decision: 'allow' });
});

t.test('rolled back, the small palms and the small model are there as before', async (t) => {
  await node.restart();
  await scanner.client.connect();
  t.equal((await tenant.call('DELETE', `/v1/users/${people[2].user_id}`)).status, 200);
  t.equal((await node.platform('POST', MIGRATE, { action: 'rollback' })).status, 202);
  t.match(await over(), { model: 'small', scores: 4, migration_status: 'rolled_back' });
  t.same(await Promise.all(people.slice(0, 2).map(palmsOf)), small.slice(0, 2));
  t.match(await scanner.client.transaction(reported('dev-1'), {}), { decision: 'allow' });
  t.match(await scanner.client.transaction(reported('dev-3'), {}), { decision: 'not_recognized' }, 'erased');
  t.equal(await scanner.codeOf(scanner.client.transaction(capture(1), {})), 'palm_model_mismatch');
  const { store } = node.engine.context;
  t.equal(await store.count('palmMigrationPalms', {}), 0);
  const sealed = { tenantId: tenant.tenantId, userId: people[0].user_id, sealed: { not: null } } as const;
  t.equal(await store.count('palmLog', sealed), 0, 'no template is left');
  t.equal((await node.platform('POST', MIGRATE, { action: 'rollback' })).status, 409);
});

t.test('every step is on record', async (t) => {
  const where = { tenantId: PLATFORM_TENANT };
  const all = await node.engine.context.store.list('audit', { where, order: [['seq', 'asc']] });
  const steps = all.map((record) => record.eventType).filter((type) => type.startsWith('palm_model'));
  t.same(steps, [
    'palm_model_migration_started',
    'palm_model_migration_failed',
    'palm_model_migration_started',
    'palm_model_switched',
    'palm_model_migration_completed',
    'palm_model_migration_rollback_started',
    'palm_model_switched',
    'palm_model_migration_rolled_back',
  ]);
  const own = await node.engine.context.store.count('audit', {
    tenantId: tenant.tenantId,
    eventType: 'palm_migrated',
  });
  t.equal(own, 4);
});
