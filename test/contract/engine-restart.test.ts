/** An engine that is killed: everything acknowledged is there when it comes back. */

import { once } from 'node:events';
import t from 'tap';
import { SpawnedNode } from '../support/spawned.ts';
import { capture, enrolmentScans, type TestScanner, TestTenant } from '../support/tenant.ts';

const node = await SpawnedNode.start();
const tenant = await TestTenant.create(node);
const PEOPLE = 6;

async function reconnect(scanner: TestScanner) {
  await scanner.client.close();
  return scanner.client.connect();
}

t.test('killed in the middle of enrolments', async (t) => {
  const scanner = await tenant.scanner();
  const other = await tenant.scanner();
  const users = await Promise.all(Array.from({ length: PEOPLE }, (_, i) => tenant.user(`person-${i}`)));
  const expiring = await other.askEnrolment(await tenant.user(), { expires_in: 10 });
  const waiting = await other.askEnrolment(await tenant.user());
  const { epoch } = other.client.session!;

  const acknowledged = new Map<number, readonly string[]>();
  const attempts = users.map(async (user, person) => {
    const { feature_ids } = await scanner.client.enrol(
      user.user_id,
      enrolmentScans(person, ['left', 'right']),
    );
    acknowledged.set(person, feature_ids);
    if (acknowledged.size === Math.floor(PEOPLE / 2)) await node.kill();
  });
  await Promise.allSettled(attempts);
  t.ok(acknowledged.size >= Math.floor(PEOPLE / 2), `${acknowledged.size} were acknowledged`);
  await node.start();

  for (const [person, features] of acknowledged) {
    const { palms } = await tenant.must('GET', `/v1/users/${users[person]!.user_id}`);
    t.same(palms.map((palm: { feature_id: string }) => palm.feature_id).sort(), [...features].sort());
  }
  t.equal((await reconnect(scanner)).resumed, false);
  for (const [person, user] of users.entries()) {
    const { palms } = await tenant.must('GET', `/v1/users/${user.user_id}`);
    t.ok(palms.length === 0 || palms.length === 2, 'both hands or none');
    const { decision } = await scanner.client.transaction(capture(person), {});
    t.equal(decision, palms.length === 2 ? 'allow' : 'not_recognized', 'and the index agrees');
  }

  const told = once(other.client, 'cancel');
  const session = await reconnect(other);
  t.not(session.epoch, epoch, 'a new epoch');
  t.equal(session.resumed, false);
  const pending = session.pending.map((challenge) => challenge.challenge_id);
  t.ok(pending.includes(waiting.challenge_id));
  const [cancelled] = await told;
  t.match(cancelled.challenge_id, expiring.challenge_id, 'its time ran on');
  t.equal((await tenant.must('GET', `/v1/challenges/${expiring.challenge_id}`)).status, 'expired');
  const scans = enrolmentScans(50);
  t.equal((await other.client.complete(waiting.challenge_id, scans, 'k')).status, 'completed');
  await node.kill();
  await node.start();
  await reconnect(other);
  t.equal(
    (await other.client.complete(waiting.challenge_id, scans, 'k')).status,
    'completed',
    'a repeat finds it',
  );
  t.same(await other.client.list(), []);
});

t.test('the audit log can be checked, whether the engine runs or not', async (t) => {
  const running = await node.command('audit', 'verify');
  t.equal(running.code, 0, running.out);
  const lines = running.out.trim().split('\n');
  t.ok(
    lines.length >= 2 && lines.every((line) => / \d+ records stand, \d+ checkpoints$/.test(line)),
    'the platform’s chain and the tenant’s',
  );
  t.equal(await node.stop(), 0, 'an orderly end');
  const stopped = await node.command('audit', 'verify');
  t.equal(stopped.code, 0, stopped.out);
  // An orderly end signs one checkpoint more; the records are the same.
  t.ok(recordsOf(running.out) > 0);
  t.equal(recordsOf(stopped.out), recordsOf(running.out));
});

t.test('a second engine on the same data is refused with one line', async (t) => {
  await node.start();
  const second = await node.command('serve');
  t.equal(second.code, 1);
  t.match(second.out, /^thenar: /);
  t.equal(second.out.trim().split('\n').length, 1, second.out);
});

/** How many records of the tenant's chain were read. */
function recordsOf(told: string): number {
  const line = told.split('\n').find((each) => each.startsWith(tenant.tenantId)) ?? '';
  return Number(/ (\d+) records stand/.exec(line)?.[1] ?? 0);
}
