/** Users over REST: mapping, tenancy, and an erasure that leaves nothing. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { finishErasure } from '../../actors/palms/remove.ts';
import { sharedTestNode } from '../support/node.ts';
import { capture, eventually, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);

t.test('the same external identifier is the same user', async (t) => {
  const body = { external_user_id: 'crm-17', name: 'Amal', metadata: { plan: 'gold' } };
  const first = await tenant.call('POST', '/v1/users', body);
  t.equal(first.status, 201);
  t.match(first.data, {
    status: 'active',
    palm_enrolled: false,
    palms: [],
    consent_status: 'none',
    name: 'Amal',
  });
  const again = await tenant.call('POST', '/v1/users', { ...body, name: 'Somebody else' });
  t.equal(again.status, 200);
  t.same(again.data, first.data, 'as it was made');
  t.same((await tenant.call('GET', `/v1/users/${first.data.user_id}`)).data, first.data);
});

t.test('twenty at once make one user', async (t) => {
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => tenant.call('POST', '/v1/users', { external_user_id: 'race' })),
  );
  t.equal(new Set(replies.map((reply) => reply.data.user_id)).size, 1);
  t.equal(replies.filter((reply) => reply.status === 201).length, 1);
});

t.test('another tenant’s user does not exist', async (t) => {
  const other = await TestTenant.create(node);
  const { user_id } = await tenant.user();
  const scanner = await other.pairScanner();
  for (const reply of [
    await other.call('GET', `/v1/users/${user_id}`),
    await other.call('DELETE', `/v1/users/${user_id}`),
    await other.call('POST', '/v1/verify', { user_id, ...scanner.device }),
  ]) {
    t.equal(reply.status, 404);
    t.equal(reply.code, 'user_not_found');
  }
  t.equal((await tenant.call('GET', `/v1/users/${user_id}`)).status, 200, 'and is unharmed');
});

t.test('erasing a user takes palms, key, index file and open challenges away', async (t) => {
  const scanner = await tenant.scanner();
  const kept = await tenant.enrol(scanner, 1);
  const user = await tenant.enrol(scanner, 2);
  t.match(await scanner.client.transaction(capture(2), {}), { decision: 'allow' });
  const challenge = await scanner.askVerification(user);
  const cancelled = once(scanner.client, 'cancel');

  const { engine } = node;
  t.not(engine.context.subjectKeys.find(user.user_id), null);
  const removed = await tenant.call('DELETE', `/v1/users/${user.user_id}`);
  t.equal(removed.status, 200);
  t.equal(removed.data.feature_ids.length, 1);
  t.same((await cancelled)[0], { challenge_id: challenge.challenge_id, reason: 'user_deleted' });

  const receipt = await eventually(
    () => tenant.must('GET', `/v1/erasures/${removed.data.erasure_id}`),
    (erasure) => erasure.status === 'complete',
  );
  t.ok(Date.parse(receipt.completed_at) >= Date.parse(receipt.requested_at));
  const { store } = engine.context;
  const erasure = await store.get('erasures', { erasureId: removed.data.erasure_id });
  await finishErasure(engine.context, { ...erasure!, status: 'pending', completedAt: null });
  const completed = { userId: user.user_id, eventType: 'user_erasure_completed' };
  t.equal(await store.count('audit', completed), 1, 'whoever took it up as well has nothing to add');
  t.equal(engine.context.subjectKeys.find(user.user_id), null, 'the key is destroyed');
  t.equal(await engine.context.store.count('palms', { userId: user.user_id }), 0);
  const log = await engine.context.store.list('palmLog', { where: { userId: user.user_id } });
  t.ok(log.length > 0 && log.every((entry) => entry.sealed === null), 'the log holds no template of theirs');
  const shard = (await engine.api.ops.shards()).find((each) => each.tenantId === tenant.tenantId);
  t.ok((shard?.filePosition ?? 0) >= log.at(-1)!.position, 'the shard file is newer than the erasure');
  t.notOk(holds(node.dataDir, user.user_id), 'no shard file names them');

  t.match(await scanner.client.transaction(capture(2), {}), { decision: 'not_recognized' });
  t.match(await scanner.client.transaction(capture(1), {}), { decision: 'allow' }, 'others are still known');
  t.equal((await tenant.call('GET', `/v1/users/${user.user_id}`)).code, 'user_not_found');
  t.equal((await tenant.call('DELETE', `/v1/users/${user.user_id}`)).code, 'user_not_found');
  t.match((await tenant.must('GET', `/v1/challenges/${challenge.challenge_id}`)).status, 'cancelled');
  const again = await tenant.user('person-2');
  t.not(again.user_id, user.user_id, 'the external identifier is free again');
  t.equal(kept.user_id, (await tenant.user('person-1')).user_id);
});

t.test('what a user body may hold is bounded', async (t) => {
  for (const [body, field] of [
    [{ external_user_id: '' }, 'external_user_id'],
    [{ email: 'nobody' }, 'email'],
    [{ mobile: 'x' }, 'mobile'],
    [{ metadata: { text: 'x'.repeat(20_000) } }, 'metadata'],
  ] as const) {
    const reply = await tenant.call('POST', '/v1/users', body);
    t.equal(reply.status, 422, field);
    t.match(reply.json.error.details.fields[0].field, field);
  }
  const half = await tenant.call('POST', '/v1/users', { name: 'a\u0000b' });
  t.equal(half.status, 422, 'text that no column can hold');
});

t.test('a burst of guesses is counted guess by guess', async (t) => {
  const guess = () => {
    const body = { email: 'ghost@nowhere.example', password: 'wrong password' };
    return node.rest('POST', '/v1/console/login', { body });
  };
  const replies = await Promise.all(Array.from({ length: 15 }, guess));
  const heard = replies.filter((reply) => reply.code === 'invalid_credentials');
  t.ok(heard.length <= 10, `${heard.length} were looked at`);
  const others = new Set(replies.map((reply) => reply.code));
  // Who came while as many guesses were under way as are left, and who was let in after the last of them.
  for (const expected of ['invalid_credentials', 'engine_busy', 'too_many_attempts']) others.delete(expected);
  t.same([...others], []);
  // Who was refused as busy has guessed nothing.
  for (let counted = heard.length; counted < 10; counted += 1) {
    t.equal((await guess()).code, 'invalid_credentials');
  }
  const locked = await guess();
  t.same([locked.status, locked.code], [429, 'too_many_attempts']);
  t.ok(Number(locked.headers.get('retry-after')) > 60);
});

/** True when a file of the index holds these bytes as they are. */
function holds(dataDir: string, text: string): boolean {
  return readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('shard'))
    .some((name) => {
      try {
        return readFileSync(join(dataDir, name)).includes(text);
      } catch {
        return false;
      }
    });
}
