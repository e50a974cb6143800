/** Metrics and traces of a whole engine: what it did is in them, and they say nothing of anybody. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import t from 'tap';
import type { SpanFacts } from '../../engine/ports.ts';
import { families } from '../../transport/ops/metrics/families.ts';
import { Collector } from '../support/collector.ts';
import { rest, startTestNode } from '../support/node.ts';
import { Receiver } from '../support/receiver.ts';
import { available } from '../support/require.ts';
import { Shops } from '../support/shop.ts';
import { capture, eventually, TestTenant } from '../support/tenant.ts';

const collector = await Collector.open();
const node = await startTestNode({
  OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/otlp/`,
  OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=operators',
  OTEL_SERVICE_NAME: 'palms',
  OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
});
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const user = await tenant.enrol(scanner, 1);
const receiver = await Receiver.open();
const webhook = await tenant.must('POST', '/v1/webhooks', {
  name: 'metrics',
  endpoint: receiver.url,
  events: ['verification.complete'],
});

/** All that spans may say. */
const facts: readonly (keyof SpanFacts)[] = [
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'thenar.tenant_id',
  'thenar.device_id',
  'thenar.challenge_id',
  'thenar.linked_service_id',
  'thenar.webhook_id',
  'thenar.delivery_id',
  'thenar.attempt',
  'thenar.operation',
  'thenar.compared',
  'thenar.matched',
  'thenar.refusal',
];

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

t.test('a verification is one trace, from the call of the integrator to the webhook', async (t) => {
  const traceId = randomBytes(16).toString('hex');
  const callerSpan = randomBytes(8).toString('hex');
  const before = receiver.received.length;
  const asked = await scanner.shown(async () => {
    const { publicUrl } = node.node;
    const headers = { ...(await tenant.headers()), traceparent: `00-${traceId}-${callerSpan}-01` };
    const body = { user_id: user.user_id, ...scanner.device };
    return (await rest(publicUrl, 'POST', '/v1/verify', { headers, body })).data;
  });
  await scanner.client.complete(asked.challenge_id, [capture(1)]);
  await receiver.until(before + 1);
  const path = [
    'webhook verification.complete',
    'decision',
    'challenge.decide',
    'challenge.complete',
    'challenge.present',
    'device.create_challenge',
    'createVerification',
  ];
  const trace = await collector.trace(traceId, ...path);
  t.same(trace.path('webhook verification.complete'), path);
  t.equal(trace.of('createVerification').parentSpanId, callerSpan, 'under the span of the caller');
  t.same(trace.path('match').slice(0, 2), ['match', 'challenge.decide']);
  // One palm of a named user: there is nothing to search for.
  t.same(trace.parts('match'), ['queue', 'read', 'compare']);
  t.match(trace.of('createVerification').facts, {
    'http.request.method': 'POST',
    'http.route': '/v1/verify',
    'thenar.tenant_id': tenant.tenantId,
  });
  t.match(trace.of('match').facts, { 'thenar.operation': 'verify' });
  t.equal(trace.of('decision').facts['thenar.matched'], true);
  t.equal(trace.of('challenge.present').facts['thenar.challenge_id'], asked.challenge_id);
  const { spanId } = trace.of('webhook verification.complete');
  const [delivered] = receiver.received.slice(before);
  t.equal(delivered?.headers.traceparent, `00-${traceId}-${spanId}-01`, 'the receiver can go on with it');
  t.match(collector.resource, { 'service.name': 'palms', 'deployment.environment.name': 'test' });
  t.match(collector.requests[0], { path: '/otlp/v1/traces', headers: { 'x-tenant': 'operators' } });
});

t.test('an identification and an enrolment are traces too', async (t) => {
  await scanner.client.transaction(capture(1), { amount: 1 });
  const identified = await collector.traceOf(({ facts }) => facts['thenar.operation'] === 'identify');
  const trace = await collector.trace(identified, 'transaction.create');
  t.same(trace.path('match'), ['match', 'transaction.create']);
  t.same(trace.parts('match'), ['queue', 'read', 'search', 'compare']);
  t.same(trace.path('decision'), ['decision', 'transaction.create']);

  const asked = await scanner.askEnrolment(await tenant.user());
  await scanner.client.complete(asked.challenge_id, [capture(2), capture(2)]);
  const enrolled = await collector.traceOf(
    ({ name, facts }) => name === 'challenge.decide' && facts['thenar.challenge_id'] === asked.challenge_id,
  );
  const enrolment = await collector.trace(
    enrolled,
    'challenge.complete',
    'challenge.present',
    'createEnrolment',
  );
  t.same(enrolment.path('decision').at(-1), 'createEnrolment');
  t.same(
    enrolment.parts('challenge.decide'),
    ['match', 'match', 'decision'],
    'templates, duplicates, commit',
  );
});

t.test('a product backend and a verification server can go on with the trace', async (t) => {
  const { backend, service, till } = await new Shops(node, tenant).open('coffee');
  await till.client.transaction(capture(1), { amount: 4 });
  const asked = await collector.traceOf(({ name }) => name === 'linked_service');
  const transaction = await collector.trace(asked, 'decision', 'transaction.create');
  t.same(transaction.path('linked_service'), ['linked_service', 'decision', 'transaction.create']);
  const { spanId, facts } = transaction.of('linked_service');
  t.equal(facts['thenar.linked_service_id'], service.linked_service_id);
  const [entry] = backend.ledger.values();
  t.equal(entry?.trace, `00-${asked}-${spanId}-01`);

  // It answers as no verification server does: what counts is what came with the question.
  const server = await Receiver.open();
  const set = await node.platform('PUT', '/v1/admin/palm/verification-server', { url: server.url });
  t.equal(set.status, 200);
  const configure = (body: object) =>
    node.rest('PATCH', '/v1/tenant/config', { headers: tenant.admin, body });
  t.equal((await configure({ palm_provider: 'verification_server' })).status, 200);
  const { challenge_id } = await scanner.askVerification(user);
  t.equal(await scanner.codeOf(scanner.client.complete(challenge_id, [capture(1)])), 'unavailable');
  const compared = await collector.traceOf(({ name }) => name === 'match.remote');
  const remote = (await collector.trace(compared, 'match.remote', 'createVerification')).of('match.remote');
  const told = server.received.find(({ headers }) => headers.traceparent !== undefined);
  t.equal(told?.headers.traceparent, `00-${compared}-${remote.spanId}-01`);
  t.equal(remote.facts['error.type'], 'unavailable');
  await configure({ palm_provider: 'reference' });
});

t.test('who is not known begins a trace, whatever they say', async (t) => {
  const theirs = randomBytes(16).toString('hex');
  const headers = { traceparent: `00-${theirs}-${'1'.repeat(16)}-01` };
  const body = { email: 'nobody@nowhere.example', password: 'a wrong password' };
  await node.rest('POST', '/v1/console/login', { headers, body });
  await collector.traceOf(
    ({ name, facts }) => name === 'login' && facts['thenar.refusal'] === 'invalid_credentials',
  );
  t.notOk(collector.spans.some(({ traceId }) => traceId === theirs));
});

t.test('nobody is in them', async (t) => {
  const phone = '+966501234567';
  await scanner.codeOf(scanner.client.call('signup.start', { mobile: phone }));
  await collector.traceOf(({ name }) => name === 'signup.start');
  const text = await scrape();
  const { deviceId, hardwareId } = scanner.credentials;
  const people = [user.user_id, user.external_user_id, deviceId, hardwareId, phone, phone.slice(4)];
  for (const each of people) {
    t.ok(typeof each === 'string' && each.length >= 4, 'there is something to look for');
    t.notOk(text.includes(String(each)), String(each));
  }
  const exported = collector.bodies.join('\n');
  const { authorization = '' } = await tenant.headers();
  const secrets = [authorization.slice(-40), tenant.client.client_secret, webhook.secret, receiver.url];
  // A device is named in traces, by the identifier that the engine gave it; its hardware is not.
  const unsaid = people.filter((each) => each !== deviceId);
  for (const each of [...unsaid, ...secrets, 'correct horse', 'nobody@nowhere']) {
    t.ok(typeof each === 'string' && each.length >= 4, 'there is something to look for');
    t.notOk(exported.includes(String(each)), 'and it is in no trace');
  }
  const allowed = new Set([...facts, 'error.type']);
  const said = new Set(collector.spans.flatMap(({ facts }) => Object.keys(facts)));
  t.same(
    [...said].filter((fact) => !allowed.has(fact)),
    [],
    'spans say nothing that is not in the list',
  );
});
