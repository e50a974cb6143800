/** A deployment of the small palm model: devices match, the platform holds their scores against its thresholds. */
import t from 'tap';
import { palmModels } from '../../engine/palm/models.ts';
import { startTestNode } from '../support/node.ts';
import { capture, TestTenant } from '../support/tenant.ts';

const node = await startTestNode({ THENAR_PALM_MODEL: 'small' });
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const { thresholds } = palmModels.small.thresholds;

/** What a device reports of a palm that it knows by this name. */
function reported(featureId: string, more: object = {}) {
  const scores = thresholds.map((value) => value + 0.1);
  return {
    format: 'result',
    matched: true,
    scores,
    feature_id: featureId,
    palm_type: 'right',
    ...more,
  } as const;
}

t.test('the model is small, with four scores, and scanners are told', async (t) => {
  const { data } = await node.platform('GET', '/v1/admin/palm/model');
  t.match(data, { model: 'small', scores: 4, vendor: 'device-reported', migration_status: 'none' });
  t.equal(scanner.client.session?.model, 'device');
  const set = await node.platform('GET', '/v1/admin/palm/thresholds');
  t.match(set.data, { model: 'small', version: 1, thresholds });
  const ten = { thresholds: palmModels.large.thresholds.thresholds };
  t.equal((await node.platform('PUT', '/v1/admin/palm/thresholds', ten)).status, 422);
});

t.test('enrolment and verification by challenge', async (t) => {
  const user = await tenant.user();
  const enrolment = await scanner.askEnrolment(user);
  const done = await scanner.client.complete(enrolment.challenge_id, [reported('dev-1')]);
  t.match(done, { status: 'completed', feature_ids: [String] });
  const shown = await tenant.must('GET', `/v1/users/${user.user_id}`);
  t.match(shown, { palm_enrolled: true, palms: [{ palm_type: 'right' }] });

  const verify = async (scan: ReturnType<typeof reported>) => {
    const { challenge_id } = await scanner.askVerification(user);
    await scanner.client.complete(challenge_id, [scan]);
    return tenant.must('GET', `/v1/challenges/${challenge_id}`);
  };
  const matched = await verify(reported('dev-1'));
  t.match(matched.result, { matched: true, vendor: 'device-reported', threshold_version: 1, thresholds });
  t.equal(matched.result.scores.length, 4);
  for (const [scan, why] of [
    [reported('dev-1', { matched: false }), 'the device says no'],
    [reported('dev-1', { scores: [1, 1, 1, 0.1] }), 'a score below its threshold'],
    [reported('somebody-else'), 'another palm'],
  ] as const) {
    t.match(await verify(scan), { status: 'failed', result: { matched: false } }, why);
  }
  const { challenge_id } = await scanner.askVerification(user);
  const ten = reported('dev-1', { scores: Array.from({ length: 10 }, () => 1) });
  t.equal(await scanner.codeOf(scanner.client.complete(challenge_id, [ten])), 'validation_failed');
  t.equal(
    await scanner.codeOf(scanner.client.complete(challenge_id, [capture(1)])),
    'palm_model_mismatch',
    'an image is for the large model',
  );
});

t.test('transactions by what the device recognised', async (t) => {
  const user = await tenant.user();
  await scanner.client.enrol(user.user_id, [reported('dev-2')]);
  const decision = async (scan: ReturnType<typeof reported>) =>
    (await scanner.client.transaction(scan, {})).decision;
  t.equal(await decision(reported('dev-2')), 'allow');
  t.equal(await decision(reported('dev-2', { palm_type: 'left' })), 'not_recognized', 'not that hand');
  t.equal(await decision(reported('dev-3')), 'not_recognized');
  t.equal(await decision(reported('dev-2', { scores: [0, 0, 0, 0] })), 'not_recognized');
  const image = scanner.client.transaction(capture(1), {});
  t.equal(await scanner.codeOf(image), 'palm_model_mismatch');
  const other = await TestTenant.create(node);
  const elsewhere = await other.scanner();
  t.match(await elsewhere.client.transaction(reported('dev-2'), {}), { decision: 'not_recognized' });
});

t.test('one palm is one user’s', async (t) => {
  const again = await tenant.user();
  const enrolled = scanner.client.enrol(again.user_id, [reported('dev-1')]);
  t.equal(await scanner.codeOf(enrolled), 'palm_already_enrolled');
  const image = scanner.client.enrol(again.user_id, [capture(2), capture(2)]);
  t.equal(await scanner.codeOf(image), 'palm_model_mismatch');
});

t.test('thresholds of four scores decide', async (t) => {
  const user = await tenant.user();
  await scanner.client.enrol(user.user_id, [reported('dev-4')]);
  const set = (values: readonly number[]) =>
    node.platform('PUT', '/v1/admin/palm/thresholds', { thresholds: values });
  t.equal((await set([1, 1, 1, 1])).status, 200);
  t.match(await scanner.client.transaction(reported('dev-4'), {}), { decision: 'not_recognized' });
  await node.platform('PUT', '/v1/admin/palm/thresholds', { version: 1 });
  t.match(await scanner.client.transaction(reported('dev-4'), {}), { decision: 'allow' });
});

t.test('the model outlives a restart', async (t) => {
  await node.restart();
  t.equal(node.engine.context.deployment.palmModel, 'small');
});
