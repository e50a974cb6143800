/** Enrolment on a whole engine: pushed from REST to a scanner, decided once, told by webhook. */
import t from 'tap';
import { extractTemplate } from '../../engine/palm/extract.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import { sharedTestNode } from '../support/node.ts';
import { believable, Receiver } from '../support/receiver.ts';
import { capture, enrolmentScans, poorScan, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const other = await tenant.scanner();
const receiver = await Receiver.open();
const webhook = await tenant.must('POST', '/v1/webhooks', {
  name: 'enrolments',
  endpoint: receiver.url,
  events: ['enrollment.complete'],
  api_key: 'key-of-ours',
});

const challengeOf = (id: string) => tenant.must('GET', `/v1/challenges/${id}`);
const both = ['left', 'right'] as const;

t.test('both hands in one challenge, one event', async (t) => {
  const user = await tenant.user();
  const body = { user_id: user.user_id, ...scanner.device, metadata: { order: 7 } };
  const created = await scanner.shown(() => tenant.must('POST', '/v1/enroll/both', body));
  t.match(created, { type: 'enroll', palm_type: 'both', status: 'pending', metadata: { order: 7 } });
  t.match(await challengeOf(created.challenge_id), { status: 'presented', attempts: 0 });
  t.equal((await scanner.client.accept(created.challenge_id)).status, 'accepted');

  const completed = await scanner.client.complete(created.challenge_id, enrolmentScans(1, both, 3));
  t.match(completed, { status: 'completed', user_id: user.user_id, metadata: { order: 7 } });
  t.equal(completed.feature_ids?.length, 2);
  const shown = await tenant.must('GET', `/v1/users/${user.user_id}`);
  t.match(shown, { palm_enrolled: true });
  t.same(shown.palms.map((palm: { palm_type: string }) => palm.palm_type).sort(), ['left', 'right']);
  t.ok(shown.palms.every((palm: { samples: number }) => palm.samples === 3));

  const [event] = await receiver.until(1, ({ event }) => event.data.user_id === user.user_id);
  t.equal(event?.headers['x-link-event'], 'enrollment.complete');
  t.equal(event?.headers['x-api-key'], 'key-of-ours');
  t.match(event?.event, {
    event_type: 'enrollment.complete',
    data: { palm_type: 'both', metadata: { order: 7 } },
  });
  t.same(new Set(event?.event.data.feature_ids), new Set(completed.feature_ids));
  t.ok(believable(event!, webhook.secret, node.clock.now()), 'signed with the secret of the endpoint');
  t.notOk(believable(event!, `whsec_${Buffer.alloc(32).toString('base64')}`, node.clock.now()));
});

t.test('the wrong hand three times ends the challenge', async (t) => {
  const user = await tenant.user();
  const { challenge_id } = await scanner.askEnrolment(user, { palm_type: 'left' });
  for (const attempts of [1, 2, 3]) {
    const code = await scanner.codeOf(scanner.client.complete(challenge_id, enrolmentScans(2)));
    t.equal(code, 'palm_type_mismatch');
    t.match(await challengeOf(challenge_id), { attempts, status: attempts < 3 ? 'presented' : 'failed' });
  }
  const late = await scanner.codeOf(scanner.client.complete(challenge_id, enrolmentScans(2, ['left'])));
  t.equal(late, 'challenge_completed');
  t.match(await tenant.must('GET', `/v1/users/${user.user_id}`), { palm_enrolled: false });
});

t.test('one bad scan of six leaves nothing, and another try may follow', async (t) => {
  const user = await tenant.user();
  const { challenge_id } = await scanner.askEnrolment(user, { palm_type: 'both' });
  const scans = [...enrolmentScans(3, both, 3).slice(0, 5), poorScan('right')];
  const refused = await scanner.codeOf(scanner.client.complete(challenge_id, scans));
  t.equal(refused, 'palm_quality_too_low');
  t.match(await tenant.must('GET', `/v1/users/${user.user_id}`), { palms: [] });
  t.equal(await node.engine.context.store.count('palmLog', { userId: user.user_id }), 0);
  t.match(await challengeOf(challenge_id), { attempts: 1, status: 'presented' });
  const completed = await scanner.client.complete(challenge_id, enrolmentScans(3, both, 3));
  t.equal(completed.status, 'completed');
});

t.test('samples of two people are no enrolment of one', async (t) => {
  const { challenge_id } = await scanner.askEnrolment(await tenant.user());
  const code = await scanner.codeOf(
    scanner.client.complete(challenge_id, [capture(4), capture(5), capture(4)]),
  );
  t.match(code, /^palm_/);
  t.match(await challengeOf(challenge_id), { status: 'presented' });
});

t.test('a palm that is somebody else’s ends the enrolment', async (t) => {
  await tenant.enrol(scanner, 6);
  const user = await tenant.user();
  const { challenge_id } = await scanner.askEnrolment(user);
  const scans = enrolmentScans(6);
  for (const round of ['first', 'repeated']) {
    const code = await scanner.codeOf(scanner.client.complete(challenge_id, scans, 'key'));
    t.equal(code, 'palm_already_enrolled', round);
  }
  t.match(await challengeOf(challenge_id), { status: 'failed', reason: 'palm_already_enrolled' });
  const told = await scanner.client
    .complete(challenge_id, scans, 'key')
    .catch((error: { details?: unknown; message: string }) => JSON.stringify([error.message, error.details]));
  t.notMatch(told, /person-6/, 'the other user stays unknown');
});

t.test('of two enrolments of one palm at once exactly one passes', async (t) => {
  const users = await Promise.all([tenant.user(), tenant.user()]);
  const challenges = await Promise.all([scanner.askEnrolment(users[0]), other.askEnrolment(users[1])]);
  const outcomes = await Promise.all([
    scanner.codeOf(scanner.client.complete(challenges[0].challenge_id, enrolmentScans(7))),
    other.codeOf(other.client.complete(challenges[1].challenge_id, enrolmentScans(7))),
  ]);
  t.equal(outcomes.filter((outcome) => outcome === 'palm_already_enrolled').length, 1);
  const shown = await Promise.all(users.map((user) => tenant.must('GET', `/v1/users/${user.user_id}`)));
  t.equal(shown.filter((user) => user.palm_enrolled).length, 1);
});

t.test(
  'of many enrolments of one palm among others at once exactly one passes, and the others do',
  async (t) => {
    const users = await Promise.all(Array.from({ length: 8 }, () => tenant.user()));
    const outcomes = await Promise.all(
      users.map((user, index) => {
        const client = index % 2 === 0 ? scanner : other;
        const palm = index < 5 ? 40 : 40 + index;
        return client.codeOf(client.client.enrol(user.user_id, enrolmentScans(palm)));
      }),
    );
    const refused = outcomes.filter((outcome) => outcome === 'palm_already_enrolled').length;
    t.same([refused, outcomes.slice(5).includes('palm_already_enrolled')], [4, false]);
    const shown = await Promise.all(users.map((user) => tenant.must('GET', `/v1/users/${user.user_id}`)));
    t.equal(shown.filter((user) => user.palm_enrolled).length, 4);
  },
);

t.test('a palm is replaced only when that was asked for', async (t) => {
  const user = await tenant.enrol(scanner, 8);
  const [before] = (await tenant.must('GET', `/v1/users/${user.user_id}`)).palms;
  const body = { user_id: user.user_id, ...scanner.device, palm_type: 'right' };
  const refused = await tenant.call('POST', '/v1/enroll', body);
  t.same([refused.status, refused.code], [409, 'palm_already_enrolled']);
  const created = await scanner.shown(() => tenant.must('POST', '/v1/enroll', { ...body, replace: true }));
  await scanner.client.complete(created.challenge_id, enrolmentScans(9));
  const { palms } = await tenant.must('GET', `/v1/users/${user.user_id}`);
  t.equal(palms.length, 1);
  t.not(palms[0].feature_id, before.feature_id);
  t.match(await scanner.client.transaction(capture(9), {}), { decision: 'allow' });
  t.match(await scanner.client.transaction(capture(8), {}), { decision: 'not_recognized' });
});

t.test('templates made by the same model count as scans, results of a device do not', async (t) => {
  const { challenge_id } = await scanner.askEnrolment(await tenant.user());
  const scans = [1, 2].map(() => {
    const scan = capture(10);
    if (scan.format !== 'image') throw new Error('an image is needed');
    const template = extractTemplate({ width: scan.width, height: scan.height, pixels: scan.data });
    return {
      format: 'template',
      model: palmModel,
      data: encodeTemplate(template),
      palm_type: 'right',
    } as const;
  });
  const result = {
    format: 'result',
    matched: true,
    scores: [1, 1, 1, 1],
    feature_id: 'f',
    palm_type: 'right',
  } as const;
  t.equal(await scanner.codeOf(scanner.client.complete(challenge_id, [result])), 'palm_model_mismatch');
  t.equal(await scanner.codeOf(scanner.client.transaction(result, {})), 'palm_model_mismatch');
  t.equal(
    await scanner.codeOf(scanner.client.complete(challenge_id, [{ ...scans[0]!, model: 'other' }])),
    'palm_model_mismatch',
  );
  t.equal((await scanner.client.complete(challenge_id, scans)).status, 'completed');
  t.match(await scanner.client.transaction(capture(10), {}), { decision: 'allow' });
});

t.test('a device enrols a user it knows, once', async (t) => {
  const user = await tenant.user();
  const reply = await scanner.client.enrol(user.user_id, enrolmentScans(11, both));
  t.match(reply, { palm_enrolled: true, consent_status: 'none' });
  t.equal(reply.feature_ids.length, 2);
  const again = await scanner.codeOf(scanner.client.enrol(user.user_id, enrolmentScans(11)));
  t.equal(again, 'palm_already_enrolled');
  const nobody = await scanner.codeOf(scanner.client.enrol(scanner.credentials.deviceId, enrolmentScans(12)));
  t.equal(nobody, 'user_not_found');
});

t.test('a tenant that asks for consent gets none of it without', async (t) => {
  const strict = await TestTenant.create(node, { consent_required: true });
  const theirs = await strict.scanner();
  const user = await strict.user();
  const refused = await strict.call('POST', '/v1/enroll/both', { user_id: user.user_id, ...theirs.device });
  t.same([refused.status, refused.code], [403, 'consent_required']);
  t.equal(await theirs.codeOf(theirs.client.enrol(user.user_id, enrolmentScans(13))), 'consent_required');
});
