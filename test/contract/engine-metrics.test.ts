/** Metrics of a whole engine: what it did is in them, promtool takes them, and they say nothing of anybody. */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { families } from '../../transport/ops/metrics/families.ts';
import { startTestNode } from '../support/node.ts';
import { Receiver } from '../support/receiver.ts';
import { available } from '../support/require.ts';
import { capture, eventually, TestTenant } from '../support/tenant.ts';

const node = await startTestNode();
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const user = await tenant.enrol(scanner, 1);
const receiver = await Receiver.open();
await tenant.must('POST', '/v1/webhooks', {
  name: 'metrics',
  endpoint: receiver.url,
  events: ['verification.complete'],
});

const scrape = async (): Promise<string> => (await fetch(`${node.node.opsUrl}/metrics`)).text();
/** The value of one series; null when there is none. */
function seriesOf(text: string, name: string): number | null {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}

t.test('what the engine did is in its metrics', async (t) => {
  const { challenge_id } = await scanner.askVerification(user);
  await scanner.client.complete(challenge_id, [capture(1)]);
  const missed = await scanner.askVerification(user);
  await scanner.client.complete(missed.challenge_id, [capture(2)]);
  await scanner.client.transaction(capture(1), { amount: 1 });
  await receiver.until(2);
  await scrape();
  const text = await eventually(
    scrape,
    (text) => (seriesOf(text, 'thenar_webhook_attempts_total{outcome="delivered"}') ?? 0) >= 2,
  );
  const expected: Readonly<Record<string, number>> = {
    'thenar_http_requests_total{listener="public",operation="createVerification",status="201"}': 2,
    'thenar_http_request_duration_seconds_count{listener="ops",operation="metrics"}': 1,
    'thenar_scanner_calls_total{method="challenge.complete",code="ok"}': 2,
    'thenar_scanner_call_duration_seconds_count{method="transaction.create"}': 1,
    'thenar_tls_handshakes_total{outcome="done"}': 1,
    thenar_tls_handshake_duration_seconds_count: 1,
    thenar_scanner_connections: 1,
    'thenar_pushes_total{method="challenge.present"}': 2,
    'thenar_push_acknowledgement_delay_seconds_count{method="challenge.present"}': 2,
    'thenar_challenges_total{type="verify",outcome="completed"}': 1,
    'thenar_challenges_total{type="verify",outcome="failed"}': 1,
    'thenar_challenge_duration_seconds_count{type="verify"}': 2,
    'thenar_match_duration_seconds_count{operation="verify",phase="queue"}': 2,
    'thenar_match_duration_seconds_count{operation="verify",phase="compare"}': 2,
    'thenar_match_duration_seconds_count{operation="identify",phase="search"}': 1,
    'thenar_match_candidates_count{operation="identify"}': 1,
    'thenar_match_fused_score_count{operation="verify",decision="matched"}': 1,
    'thenar_match_fused_score_count{operation="verify",decision="not_matched"}': 1,
    'thenar_shards{mode="flat"}': 1,
    [`thenar_shard_palms{tenant="${tenant.tenantId}"}`]: 1,
    'thenar_dependency{name="database",state="down"}': 0,
  };
  for (const [series, least] of Object.entries(expected)) {
    const value = seriesOf(text, series);
    t.ok(value !== null && (least === 0 ? value === 0 : value >= least), `${series} is ${value}`);
  }
  const seen = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  t.same(
    families.map(({ name }) => name).filter((name) => !seen.has(name)),
    [],
  );
});

t.test('promtool takes them', async (t) => {
  if (!available(t, 'promtool', spawnSync('promtool', ['--version']).status === 0)) return;
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: await scrape(), encoding: 'utf8' });
  t.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`);
  t.equal(checked.stderr, '', 'and has no advice');
});

t.test('nobody is in them', async (t) => {
  const phone = '+966501234567';
  await scanner.codeOf(scanner.client.call('signup.start', { mobile: phone }));
  const text = await scrape();
  const { deviceId, hardwareId } = scanner.credentials;
  const people = [user.user_id, user.external_user_id, deviceId, hardwareId, phone, phone.slice(4)];
  for (const each of people) {
    t.ok(typeof each === 'string' && each.length >= 4, 'there is something to look for');
    t.notOk(text.includes(String(each)), String(each));
  }
});
