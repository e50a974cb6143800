/** A migration whose engine is killed again and again: it ends all the same, forward and back. */
import t from 'tap';
import { SpawnedNode } from '../support/spawned.ts';
import { capture, enrolmentScans, eventually, inBody, TestTenant } from '../support/tenant.ts';
import { TestVerificationServer } from '../support/verification.ts';

const PEOPLE = 8;
const node = await SpawnedNode.start({ THENAR_PALM_MODEL: 'small' });
const server = await TestVerificationServer.open();
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const users: { readonly user_id: string }[] = [];
const result = { format: 'result', matched: true, scores: [1, 1, 1, 1], palm_type: 'right' } as const;
for (let who = 0; who < PEOPLE; who++) {
  const user = await tenant.user();
  await scanner.client.enrol(user.user_id, [{ ...result, feature_id: `dev-${who}` }]);
  await server.keep(tenant.tenantId, `dev-${who}`, enrolmentScans(who, ['right'], 1).map(inBody));
  users.push(user);
}
const path = '/v1/admin/palm/verification-server';
await node.platform('PUT', path, { url: server.url, api_key: server.apiKey });

const model = async () => (await node.platform('GET', '/v1/admin/palm/model')).data;

/** Kills the engine each time the migration has got on, until it is over; the first time right after its start. */
async function killedOften(kills: number) {
  for (let kill = 0; kill < kills; kill++) {
    const done = kill * 3;
    const now = await eventually(
      model,
      (seen) => seen.migration_status !== 'running' || seen.migration.done >= done,
    );
    if (now.migration_status !== 'running') break;
    await node.kill();
    await node.start();
  }
  return eventually(model, (seen) => seen.migration_status !== 'running');
}

t.test('forward', async (t) => {
  t.equal((await node.platform('POST', '/v1/admin/palm/migrate', { min_share: 1 })).status, 202);
  t.match(await killedOften(2), {
    model: 'large',
    migration_status: 'completed',
    migration: { done: PEOPLE, migrated: PEOPLE },
  });
  await scanner.client.close();
  await scanner.client.connect();
  for (const [who, user] of users.entries()) {
    const { palms } = await tenant.must('GET', `/v1/users/${user.user_id}`);
    t.equal(palms.length, 1, 'one palm, neither lost nor doubled');
    t.match(await scanner.client.transaction(capture(who), {}), { decision: 'allow' });
  }
});

t.test('and back', async (t) => {
  t.equal((await node.platform('POST', '/v1/admin/palm/migrate', { action: 'rollback' })).status, 202);
  t.match(await killedOften(1), { model: 'small', migration_status: 'rolled_back' });
  await scanner.client.close();
  await scanner.client.connect();
  for (const [who, user] of users.entries()) {
    const { palms } = await tenant.must('GET', `/v1/users/${user.user_id}`);
    t.equal(palms.length, 1);
    const scan = { ...result, feature_id: `dev-${who}` };
    t.match(await scanner.client.transaction(scan, {}), { decision: 'allow' });
  }
  const audit = await node.command('audit', 'verify');
  t.equal(audit.code, 0, audit.out);
});
