/** Verification on a whole engine: a result is no error, a decision is made once, an end is an end. */
import { once } from 'node:events';
import t from 'tap';
import { deviceRest, sharedTestNode } from '../support/node.ts';
import { believable, Receiver } from '../support/receiver.ts';
import { capture, eventually, inBody, poorScan, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const user = await tenant.enrol(scanner, 1);
const challengeOf = (id: string) => tenant.must('GET', `/v1/challenges/${id}`);

t.test('the right palm matches, somebody else’s does not, and both are told', async (t) => {
  const receiver = await Receiver.open();
  const { secret } = await tenant.must('POST', '/v1/webhooks', {
    name: 'verifications',
    endpoint: receiver.url,
    events: ['verification.complete', 'verification.failed'],
  });
  const genuine = await scanner.askVerification(user, { metadata: { doc: 1 } });
  const yes = await scanner.client.complete(genuine.challenge_id, [capture(1)]);
  t.match(yes, { status: 'completed', matched: true, user_id: user.user_id, metadata: { doc: 1 } });
  const shown = await challengeOf(genuine.challenge_id);
  t.match(shown, {
    status: 'completed',
    result: { matched: true, threshold_version: Number, vendor: 'thenar-reference' },
  });
  t.equal(shown.result.scores.length, 10);
  t.equal(shown.result.thresholds.length, 10);
  t.ok(shown.completed_at >= shown.presented_at);

  const impostor = await scanner.askVerification(user);
  const rest = await deviceRest(
    node.node.deviceUrl,
    scanner.credentials,
    'POST',
    `/v1/challenges/${impostor.challenge_id}/complete`,
    { scan: inBody(capture(2)) },
  );
  t.equal(rest.status, 200, 'a non-match is a result');
  t.match(rest.json, { status: 'failed', matched: false, reason: 'not_matched' });
  t.notOk('success' in rest.json, 'the device plane is bare');

  const events = await receiver.until(3);
  const told = events.map(({ event }) => [event.event_type, event.data.challenge_id, event.data.matched]);
  t.same(
    new Set(told.map((fact) => JSON.stringify(fact))),
    new Set(
      [
        ['verification.complete', genuine.challenge_id, true],
        ['verification.complete', impostor.challenge_id, false],
        ['verification.failed', impostor.challenge_id, false],
      ].map((fact) => JSON.stringify(fact)),
    ),
  );
  t.ok(events.every((event) => believable(event, secret, node.clock.now())));
});

t.test('a repeat gets the stored result, anything else a conflict', async (t) => {
  const keyed = await scanner.askVerification(user);
  const scan = capture(1);
  const first = await scanner.client.complete(keyed.challenge_id, [scan], 'key-1');
  t.same(await scanner.client.complete(keyed.challenge_id, [scan], 'key-1'), first, 'the same key');
  t.equal(
    await scanner.codeOf(scanner.client.complete(keyed.challenge_id, [scan], 'key-2')),
    'challenge_completed',
  );
  const bare = await scanner.askVerification(user);
  const call = (palm: ReturnType<typeof capture>) =>
    scanner.client.call('challenge.complete', { challenge_id: bare.challenge_id, scan: inBody(palm) });
  const replies = await Promise.all([call(scan), call(scan), call(scan)]);
  t.same(replies[1], replies[0], 'byte-identical scans, at once');
  t.same(replies[2], replies[0]);
  t.same(await call(scan), replies[0], 'and later');
  t.equal(await scanner.codeOf(call(capture(1))), 'challenge_completed');
  const decided = { tenantId: tenant.tenantId, eventType: 'palm_verified' } as const;
  const audited = await node.engine.context.store.list('audit', { where: decided });
  const once = audited.filter(({ details }) => details.challenge_id === bare.challenge_id);
  t.equal(once.length, 1, 'decided once');
  await node.engine.api.ops.operate('challenge', `${tenant.tenantId}/${bare.challenge_id}`, 'passivate');
  t.same(await call(scan), replies[0], 'from its row, when nobody remembers');
});

t.test('technical failures leave the challenge open until they are too many', async (t) => {
  const { challenge_id } = await scanner.askVerification(user);
  const poor = await scanner.codeOf(scanner.client.complete(challenge_id, [poorScan('right')]));
  t.match(poor, /^palm_(quality_too_low|image_invalid)$/);
  t.match(await challengeOf(challenge_id), { status: 'presented', attempts: 1 });
  const two = await scanner.codeOf(scanner.client.complete(challenge_id, [capture(1), capture(1)]));
  t.equal(two, 'validation_failed');
  t.match(await challengeOf(challenge_id), { attempts: 1 }, 'a broken request is no attempt');
  t.match(await scanner.client.complete(challenge_id, [capture(1)]), { matched: true });
});

t.test('an end without a decision is told by its state', async (t) => {
  const expiring = await scanner.askVerification(user, { expires_in: 10 });
  const rejected = await scanner.askVerification(user);
  await scanner.client.reject(rejected.challenge_id, 'nobody came');
  t.match(await challengeOf(rejected.challenge_id), { status: 'cancelled', reason: 'nobody came' });
  const cancelled = await scanner.codeOf(scanner.client.complete(rejected.challenge_id, [capture(1)]));
  t.equal(cancelled, 'challenge_cancelled');
  t.equal(await scanner.codeOf(scanner.client.accept(rejected.challenge_id)), 'challenge_cancelled');

  const told = once(scanner.client, 'cancel');
  node.clock.pass(11_000);
  t.same((await told)[0], { challenge_id: expiring.challenge_id, reason: 'expired' });
  const late = scanner.client.complete(expiring.challenge_id, [capture(1)]);
  t.equal(await scanner.codeOf(late), 'challenge_expired');
  const again = await scanner.client.complete(expiring.challenge_id, [capture(1)]).catch((error) => error);
  t.match(again, { code: 'challenge_expired', details: { status: 'expired' } });
  t.match(await challengeOf(expiring.challenge_id), { status: 'expired' });
});

t.test('a challenge belongs to one scanner of one tenant', async (t) => {
  const { challenge_id } = await scanner.askVerification(user);
  const neighbour = await tenant.scanner();
  const stranger = await (await TestTenant.create(node)).scanner();
  for (const other of [neighbour, stranger]) {
    t.equal(await other.codeOf(other.client.complete(challenge_id, [capture(1)])), 'challenge_not_found');
    t.equal(await other.codeOf(other.client.accept(challenge_id)), 'challenge_not_found');
    t.equal(await other.codeOf(other.client.reject(challenge_id, 'x')), 'challenge_not_found');
    t.same(await other.client.list(), []);
  }
  t.equal((await stranger.tenant.call('GET', `/v1/challenges/${challenge_id}`)).code, 'challenge_not_found');
  t.same(
    (await scanner.client.list()).map((challenge) => challenge.challenge_id),
    [challenge_id],
  );
  t.match(await scanner.client.complete(challenge_id, [capture(1)]), { matched: true });
});

t.test('who is asked for must be there', async (t) => {
  const bare = await tenant.user();
  const post = (body: object) => tenant.call('POST', '/v1/verify', body);
  const named = { external_user_id: user.external_user_id, ...scanner.device };
  const cases = [
    [{ user_id: bare.user_id, ...scanner.device }, 409, 'palm_not_enrolled'],
    [{ ...named, palm_type: 'left' }, 409, 'palm_not_enrolled'],
    [{ ...named, hardware_id: 'nothing' }, 404, 'device_not_found'],
    [{ external_user_id: 'nobody', ...scanner.device }, 404, 'user_not_found'],
    [{ ...named, user_id: user.user_id }, 422, 'validation_failed'],
    [scanner.device, 422, 'validation_failed'],
    [{ ...named, expires_in: 1 }, 422, 'validation_failed'],
  ] as const;
  for (const [body, status, code] of cases) {
    const reply = await post(body);
    t.same([reply.status, reply.code], [status, code]);
  }
  const { device_id } = await tenant.register();
  const unpaired = await post({ user_id: user.user_id, device_id });
  t.same([unpaired.status, unpaired.code], [409, 'device_not_paired']);
});

t.test('a scanner’s queue is bounded', async (t) => {
  const offline = await tenant.pairScanner();
  const ask = () => tenant.call('POST', '/v1/verify', { user_id: user.user_id, ...offline.device });
  // One after the other: so many at once may be more than the node lets in.
  const burst = () => Promise.all(Array.from({ length: 35 }, ask));
  const replies = [...(await burst()), ...(await burst())];
  t.equal(replies.filter((reply) => reply.status === 201).length, 64);
  t.ok(replies.filter((reply) => reply.status !== 201).every((reply) => reply.code === 'limit_reached'));
  const session = await offline.client.connect();
  t.equal(session.pending.length, 64);
  const presented = `/v1/challenges?status=presented&device_id=${offline.credentials.deviceId}&page_size=10`;
  const listed = await eventually(
    () => tenant.call('GET', presented),
    (reply) => reply.json.pagination.total === 64,
  );
  t.equal(listed.json.data.length, 10);
});
