/** Sign-up at a scanner, over its socket and over REST. */
import t from 'tap';
import { codeFor, messagesTo, wrong } from '../support/accounts.ts';
import { deviceRest, sharedTestNode } from '../support/node.ts';
import { enrolmentScans, type TestScanner, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const till = await tenant.scanner({ device_class: 'pos' });
const kiosk = await tenant.pairScanner({ device_class: 'kiosk' });

const start = (at: TestScanner, mobile: string) =>
  deviceRest(tenant.urls.deviceUrl, at.credentials, 'POST', '/v1/device/signup', { mobile });
const verify = (at: TestScanner, challenge_id: string, code: string) =>
  deviceRest(tenant.urls.deviceUrl, at.credentials, 'POST', '/v1/device/signup/verify', {
    challenge_id,
    code,
  });

t.test('a new person, over the socket', async (t) => {
  const mobile = '+966551000001';
  const started = (await till.client.call('signup.start', { mobile })) as { challenge_id: string };
  const code = await codeFor(node, mobile);
  const { challenge_id } = started;
  const asked = { challenge_id, code };
  t.equal(
    await till.codeOf(till.client.call('signup.verify', { ...asked, code: wrong(code) })),
    'code_invalid',
  );
  const done = (await till.client.call('signup.verify', asked)) as { user_id: string };
  t.match(done, { is_new_user: true, palm_enrolled: false });
  t.same(await till.client.call('signup.verify', asked), done, 'the same again');
  t.equal(
    await till.codeOf(till.client.call('signup.verify', { ...asked, code: wrong(code) })),
    'challenge_completed',
  );
  t.match(await tenant.must('GET', `/v1/users/${done.user_id}`), { mobile, status: 'active' });

  await till.client.enrol(done.user_id, enrolmentScans(1));
  const again = await start(kiosk, '00966 55 100 0001');
  t.same(Object.keys(again.json).sort(), ['challenge_id', 'expires_at'], 'bare');
  const known = await verify(kiosk, again.data.challenge_id, await codeFor(node, mobile, 2));
  t.same(known.json, { user_id: done.user_id, is_new_user: false, palm_enrolled: true });
});

t.test('two devices at once make one user', async (t) => {
  const mobile = '+966551000002';
  const [first, second] = await Promise.all([start(till, mobile), start(kiosk, mobile)]);
  const texts = await messagesTo(node, mobile, 2);
  const codes = texts.map(({ text }) => /\d{6}/.exec(text)?.[0] ?? '');
  const tries = codes.flatMap((code) => [
    verify(till, first.data.challenge_id, code),
    verify(kiosk, second.data.challenge_id, code),
  ]);
  const won = (await Promise.all(tries)).filter((reply) => reply.status === 200).map((reply) => reply.json);
  t.equal(won.length, 2);
  t.equal(new Set(won.map((reply) => reply.user_id)).size, 1);
  t.equal(won.filter((reply) => reply.is_new_user).length, 1);
});

t.test('a code is for its device, five tries and five minutes', async (t) => {
  const mobile = '+966551000003';
  const { challenge_id } = (await start(till, mobile)).data;
  const code = await codeFor(node, mobile);
  t.equal((await verify(kiosk, challenge_id, code)).code, 'challenge_not_found');
  const stranger = await (await TestTenant.create(node)).pairScanner();
  t.equal((await verify(stranger, challenge_id, code)).code, 'challenge_not_found');
  for (const left of [4, 3, 2, 1]) {
    const reply = await verify(till, challenge_id, wrong(code));
    t.same([reply.status, reply.code, reply.json.error.details.attempts_left], [400, 'code_invalid', left]);
  }
  t.equal((await verify(till, challenge_id, wrong(code))).code, 'too_many_attempts');
  t.equal((await verify(till, challenge_id, code)).code, 'too_many_attempts');
  const next = (await start(till, mobile)).data;
  t.equal(
    (await verify(till, challenge_id, code)).code,
    'challenge_not_found',
    'the one before is worthless',
  );
  const late = await codeFor(node, mobile, 2);
  node.clock.moveOn(5 * 60_000 + 1);
  t.equal((await verify(till, next.challenge_id, late)).code, 'challenge_expired');
  t.equal((await start(till, '0551000003')).json.error.details.fields[0].field, 'mobile');
});

t.test('a suspended user, and a device of another class', async (t) => {
  const user = await tenant.must('POST', '/v1/users', { mobile: '+966551000004' });
  await node.rest('POST', `/v1/users/${user.user_id}/suspend`, { headers: tenant.admin, body: {} });
  const { challenge_id } = (await start(till, '+966551000004')).data;
  const code = await codeFor(node, '+966551000004');
  t.equal((await verify(till, challenge_id, code)).code, 'user_suspended');

  const strict = await TestTenant.create(node, { enforce_device_class: true });
  const scanner = await strict.pairScanner({ device_class: 'personal' });
  const refused = await start(scanner, '+966551000005');
  t.same([refused.status, refused.code], [403, 'device_class_mismatch']);
});
