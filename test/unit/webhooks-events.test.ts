import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { systemRandom } from '../../engine/system.ts';
import {
  buildEvent,
  isWebhookEventType,
  type WebhookEventData,
  type WebhookEventType,
  webhookEventTypes,
} from '../../engine/webhooks/events.ts';
import { afterAttempt, readRetryAfter } from '../../engine/webhooks/schedule.ts';
import { signatureHeaders, signatureHolds } from '../../engine/webhooks/sign.ts';
import { webhookEvents } from '../../transport/wire/webhook.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);

const tenantId = 'd1e2f3a4-b5c6-7890-abcd-ef1234567890';
const userId = '7b9957e2-c85f-4f9e-abe1-8aca9b6de70d';
const challengeId = 'c4a5dbe7-ae49-4c28-9cdb-9f4558156160';
const now = Date.UTC(2026, 5, 8, 14, 32, 11, 123);

function dataOf<T extends WebhookEventType>(type: T, data: WebhookEventData[T]): Record<string, unknown> {
  const event = buildEvent(type, tenantId, data, { now, random: systemRandom });
  t.match(event.eventId, /^evt_[0-9a-f]{32}$/);
  t.equal(event.createdAt, now);
  const body = JSON.parse(event.body) as Record<string, unknown>;
  t.same(Object.keys(body), ['event_id', 'event_type', 'tenant_id', 'timestamp', 'data']);
  t.same(
    { ...body, data: undefined },
    {
      event_id: event.eventId,
      event_type: type,
      tenant_id: tenantId,
      timestamp: '2026-06-08T14:32:11.123000Z',
      data: undefined,
    },
  );
  const written = body.data as Record<string, unknown>;
  const { json } = webhookEvents[type].data;
  t.ok(ajv.validate(json, written), `${type} is as published`, { errors: ajv.errors });
  t.same(
    Object.keys(written).filter((name) => !Object.hasOwn(json.properties as object, name)),
    [],
  );
  return written;
}

const result = {
  matched: true,
  scores: [0.99, 0.9],
  thresholds: [0.7, 0.7],
  thresholdVersion: 3,
  matchPolicy: 'all_thresholds',
  confidence: 0.95,
  featureId: 'f',
  latencyMs: 180,
  vendor: 'thenar-reference',
} as const;
const metadata = { session_id: 'sess_0099' };

t.test('bodies are those of the document', async (t) => {
  const paired = dataOf('device.paired', {
    hardwareId: 'hardware_local_002',
    deviceName: 'Lobby Scanner',
    location: 'Lobby',
    pairedAt: now,
    certificateExpiresAt: now + 90 * 24 * 3600 * 1000,
  });
  t.strictSame(Object.entries(paired), [
    ['hardware_id', 'hardware_local_002'],
    ['device_name', 'Lobby Scanner'],
    ['location', 'Lobby'],
    ['status', 'paired'],
    ['paired_at', '2026-06-08T14:32:11.123000Z'],
    ['cert_valid_until', '2026-09-06T14:32:11.123000Z'],
  ]);

  const enrolment = {
    userId,
    featureIds: ['one'],
    palmType: 'right',
    hardwareId: 'hardware_local_002',
    challengeId,
    enrolledAt: now,
    vendor: 'mock',
    metadata,
  } as const;
  const enrolled = dataOf('enrollment.complete', enrolment);
  t.strictSame(Object.entries(enrolled), [
    ['user_id', userId],
    ['feature_id', 'one'],
    ['palm_type', 'right'],
    ['hardware_id', 'hardware_local_002'],
    ['challenge_id', challengeId],
    ['enrolled_at', '2026-06-08T14:32:11.123000Z'],
    ['vendor', 'mock'],
    ['metadata', metadata],
  ]);
  const both = dataOf('enrollment.complete', {
    ...enrolment,
    palmType: 'both',
    featureIds: ['left', 'right'],
    metadata: null,
  });
  t.strictSame(both.feature_ids, ['left', 'right']);
  t.equal(both.metadata, null);

  for (const type of ['verification.complete', 'verification.failed'] as const) {
    const verified = dataOf(type, { challengeId, userId, result, verifiedAt: now, metadata });
    t.strictSame(Object.entries(verified), [
      ['challenge_id', challengeId],
      ['user_id', userId],
      ['matched', true],
      ['scores', [0.99, 0.9]],
      ['thresholds', [0.7, 0.7]],
      ['match_policy', 'all_thresholds'],
      ['latency_ms', 180],
      ['vendor', 'thenar-reference'],
      ['verified_at', '2026-06-08T14:32:11.123000Z'],
      ['metadata', metadata],
    ]);
  }
});

t.test('a recovery names the keys and no share', async (t) => {
  const facts = { userId, externalUserId: null, keyIds: ['key-1'], recoveredAt: now };
  t.strictSame(dataOf('keyshare.recovered', facts), {
    user_id: userId,
    external_user_id: null,
    key_ids: ['key-1'],
    recovered_at: '2026-06-08T14:32:11.123000Z',
  });
});

t.test('the set of events is closed', async (t) => {
  t.equal(webhookEventTypes.length, 9);
  t.ok(webhookEventTypes.every(isWebhookEventType));
  for (const other of ['', 'user.deleted', 'toString', '__proto__'])
    t.notOk(isWebhookEventType(other), other);
});

t.test('signature', async (t) => {
  // The example of the Standard Webhooks specification.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const key = Buffer.from(secret.slice(6), 'base64');
  const body = '{"test": 2432232314}';
  const at = 1_614_265_330_000;
  const headers = signatureHeaders(key, 'msg_p5jXN8AQM9LWM0D4loKWxJek', body, at);
  t.same(headers, {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
  t.ok(signatureHolds(secret, { ...headers }, body, at));
  t.notOk(signatureHolds(secret, { ...headers }, `${body} `, at), 'another body');
  t.notOk(signatureHolds(secret, { ...headers, 'webhook-id': 'msg_2' }, body, at), 'another event');
  t.notOk(
    signatureHolds(secret, { ...headers, 'webhook-timestamp': '1614265331' }, body, at),
    'another time',
  );
  t.notOk(signatureHolds(`whsec_${Buffer.alloc(24).toString('base64')}`, { ...headers }, body, at));
  const late = at + (limits.webhook_signature_tolerance_s + 1) * 1000;
  t.notOk(signatureHolds(secret, { ...headers }, body, late), 'too old');
  t.notOk(signatureHolds(secret, {}, body, at));
  const several = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` };
  t.ok(signatureHolds(secret, several, body, at), 'any of several signatures');
});

t.test('schedule', async (t) => {
  const always = (value: number) => ({ fraction: () => value });
  const failure = { status: 500, retryAfterMs: null };
  for (const status of [200, 202, 204, 299]) {
    t.same(afterAttempt(1, { status, retryAfterMs: null }, now, always(0)), { kind: 'delivered' });
  }
  t.same(afterAttempt(1, { status: 410, retryAfterMs: null }, now, always(0)), { kind: 'gone' });
  for (const status of [100, 301, 307, 400, 404, 429, 503]) {
    t.match(afterAttempt(1, { status, retryAfterMs: null }, now, always(0)), { kind: 'retry' }, `${status}`);
  }
  t.match(afterAttempt(1, { error: 'ECONNREFUSED' }, now, always(0)), { kind: 'retry' });

  t.ok(limits.webhook_attempts_max >= 8);
  let before = 0;
  for (let attempts = 1; attempts < limits.webhook_attempts_max; attempts++) {
    const soonest = afterAttempt(attempts, failure, now, always(0));
    const latest = afterAttempt(attempts, failure, now, always(0.999_999));
    if (soonest.kind !== 'retry' || latest.kind !== 'retry') throw new Error('gives up too soon');
    t.equal(soonest.at, now + limits.webhook_backoff_min_ms);
    t.ok(
      latest.at - now >= before && latest.at - now <= limits.webhook_backoff_max_ms,
      'grows within bounds',
    );
    before = latest.at - now;
  }
  t.ok(before > 3_600_000, 'an outage of an hour loses nothing');
  const last = limits.webhook_attempts_max;
  t.same(afterAttempt(last, failure, now, always(0)), { kind: 'failed' });
  t.same(afterAttempt(last, { status: 503, retryAfterMs: 1 }, now, always(0)), { kind: 'failed' });

  const asked = afterAttempt(1, { status: 429, retryAfterMs: 120_000 }, now, always(0.5));
  t.same(asked, { kind: 'retry', at: now + 120_000 }, 'Retry-After is honoured');
  const greedy = afterAttempt(1, { status: 429, retryAfterMs: 1e12 }, now, always(0.5));
  t.same(greedy, { kind: 'retry', at: now + limits.webhook_backoff_max_ms }, 'within a bound');

  t.equal(readRetryAfter('120', now), 120_000);
  t.equal(readRetryAfter('Mon, 08 Jun 2026 14:32:21 GMT', now), 9_877);
  t.equal(readRetryAfter('Mon, 08 Jun 2020 14:32:21 GMT', now), 0);
  for (const header of [undefined, '', '-1', '1.5', 'soon', '2026-06-08', '9'.repeat(20)]) {
    t.equal(readRetryAfter(header, now), null, `${header}`);
  }
});
