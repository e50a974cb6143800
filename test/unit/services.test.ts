/** Linked services, the pure parts: breaker, health, verdicts, and what the till is shown. */
import t from 'tap';
import { assertDeviceClass, type DeviceUse } from '../../engine/identity/device_class.ts';
import { limits } from '../../engine/limits.ts';
import type { DeviceClass } from '../../engine/records.ts';
import { admit, type Breaker, closedBreaker, settleBreaker } from '../../engine/services/breaker.ts';
import { decideByVerdict, defaultMessage } from '../../engine/services/decision.ts';
import { afterCheck, type Health, healthStatus, nextCheckIn } from '../../engine/services/health.ts';
import { questionBody, questionHeaders, readVerdict } from '../../engine/services/question.ts';
import { signatureHolds } from '../../engine/webhooks/sign.ts';
import { SeededRandom } from '../support/random.ts';

const seed = Number(process.env.THENAR_SEED ?? 11);
const unchecked: Health = { lastCheckAt: null, failures: 0, answered: false };
const user = '33333333-3333-4333-8333-333333333333';

t.test('a breaker opens after failures in a row, and a probe decides what comes then', (t) => {
  const random = new SeededRandom(seed);
  let breaker: Breaker = closedBreaker;
  const fail = (now: number, probe = false) => {
    breaker = settleBreaker(breaker, { ok: false, probe }, now, random);
  };
  for (let i = 1; i < limits.service_breaker_failures_max; i += 1) fail(0);
  t.ok(admit(breaker, 0).admitted);
  breaker = settleBreaker(breaker, { ok: true, probe: false }, 0, random);
  t.same(breaker, closedBreaker, 'a success in between begins the count anew');
  for (let i = 0; i < limits.service_breaker_failures_max; i += 1) fail(1_000);
  t.equal(breaker.state, 'open');
  if (breaker.state !== 'open') throw new Error('it is open');
  t.notOk(admit(breaker, breaker.retryAt - 1).admitted);
  fail(1_500);
  t.match(breaker, { state: 'open', openings: 1 }, 'one that was under way when it opened counts no more');

  const first = admit(breaker, breaker.retryAt);
  t.match(first, { admitted: true, probe: true, breaker: { state: 'half_open' } });
  breaker = first.breaker;
  t.notOk(admit(breaker, Number.MAX_SAFE_INTEGER).admitted, 'one probe at a time');
  breaker = settleBreaker(breaker, { ok: true, probe: false }, 9_000, random);
  t.equal(breaker.state, 'half_open', 'only the probe decides');
  fail(9_000, true);
  t.match(breaker, { state: 'open', openings: 2, openedAt: 1_000 });
  const again = admit(breaker, 9_000 + limits.service_breaker_open_max_ms);
  t.same(settleBreaker(again.breaker, { ok: true, probe: true }, 0, random), closedBreaker);
  t.end();
});

t.test(`any history of a breaker keeps its promises (seed ${seed})`, (t) => {
  const random = new SeededRandom(seed);
  for (let run = 0; run < 40; run += 1) {
    let breaker: Breaker = closedBreaker;
    let now = 1_000_000;
    let probing = false;
    const underWay: boolean[] = [];
    let stillFailing = 0;
    for (let step = 0; step < 100; step += 1) {
      now += random.below(4_000) - (random.chance(0.02) ? 500_000 : 0);
      if (random.chance(0.6)) {
        const admission = admit(breaker, now);
        if (admission.probe) {
          t.notOk(probing, 'one probe at a time');
          t.equal(breaker.state, 'open');
          probing = true;
        } else if (admission.admitted) t.equal(breaker.state, 'closed');
        breaker = admission.breaker;
        if (admission.admitted) underWay.push(admission.probe);
      } else if (underWay.length > 0) {
        const [probe = false] = underWay.splice(random.below(underWay.length), 1);
        const ok = random.chance(0.4);
        const before = breaker;
        breaker = settleBreaker(breaker, { ok, probe }, now, random);
        stillFailing = ok ? 0 : stillFailing + 1;
        if (probe) {
          probing = false;
          t.equal(breaker.state, ok ? 'closed' : 'open');
        } else if (before.state === 'closed' && breaker.state === 'open') {
          t.ok(stillFailing >= limits.service_breaker_failures_max);
        }
        if (breaker.state === 'open') {
          t.ok(breaker.retryAt - now <= limits.service_breaker_open_max_ms || breaker === before);
        }
      }
    }
    t.notOk(breaker.state === 'half_open' && !probing, 'never half open with nobody to decide');
  }
  t.end();
});

t.test('a breaker whose clock was set back does not stay open', (t) => {
  const open: Breaker = { state: 'open', openings: 1, openedAt: 5e9, retryAt: 5e9 + 5_000 };
  t.ok(admit(open, 1e9).admitted);
  t.end();
});

t.test('health is what checks and answers say together', (t) => {
  const open: Breaker = { state: 'open', openings: 1, openedAt: 0, retryAt: 1 };
  t.equal(healthStatus(unchecked, closedBreaker), 'unknown');
  t.equal(healthStatus({ ...unchecked, answered: true }, closedBreaker), 'healthy');
  let health = afterCheck(unchecked, true, 10);
  t.equal(healthStatus(health, closedBreaker), 'healthy');
  t.equal(healthStatus(health, { state: 'closed', failures: 1 }), 'degraded');
  t.equal(healthStatus(health, open), 'unhealthy');
  t.equal(healthStatus(health, { state: 'half_open', openings: 1, openedAt: 0 }), 'degraded');
  health = afterCheck(health, false, 20);
  t.equal(healthStatus(health, closedBreaker), 'degraded');
  for (let i = 1; i < limits.service_health_failures_max; i += 1) health = afterCheck(health, false, 30);
  t.equal(healthStatus(health, closedBreaker), 'unhealthy');
  t.equal(healthStatus(afterCheck(health, true, 40), closedBreaker), 'healthy');
  t.end();
});

t.test('checks keep their interval, with jitter, and an overdue one does not wait', (t) => {
  const random = new SeededRandom(seed);
  const interval = limits.service_health_interval_ms;
  const well = { lastCheckAt: 1_000, failures: 0 };
  for (let i = 0; i < 100; i += 1) {
    const wait = nextCheckIn(well, 1_000, random);
    t.ok(wait >= interval * 0.9 && wait <= interval * 1.1, `${wait}`);
    const sooner = nextCheckIn({ ...well, failures: 1 }, 1_000, random);
    t.ok(sooner <= limits.service_health_recheck_ms * 1.1, `${sooner}`);
    t.ok(nextCheckIn({ ...well, failures: 50 }, 1_000, random) >= interval * 0.9, 'but not for ever');
    t.equal(nextCheckIn(well, 1_000 + 2 * interval, random), 0);
    t.ok(nextCheckIn(well, 1_000 + 2 * interval, random, 500) < 500);
    const ahead = { ...well, lastCheckAt: 9e9 };
    t.equal(
      nextCheckIn(ahead, 1_000, random),
      0,
      'a check in the future is from before the clock was set back',
    );
  }
  t.end();
});

t.test('only a clear answer decides', (t) => {
  const verdict = (status: number, body: unknown) =>
    readVerdict({
      status,
      retryAfter: undefined,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  t.match(verdict(200, { decision: 'allow' }), { kind: 'answered', decision: 'allow', displayMessage: null });
  t.match(verdict(201, { decision: 'deny', display_message: ' No\u0007\n funds ', product_reference: 'r' }), {
    decision: 'deny',
    displayMessage: 'No funds',
    productReference: 'r',
  });
  const long = verdict(200, { decision: 'allow', display_message: '₿'.repeat(1_000), more: 1 });
  t.equal(
    long.kind === 'answered' && [...(long.displayMessage ?? '')].length,
    limits.service_message_length_max,
  );
  for (const body of [
    '',
    'null',
    '[]',
    '"allow"',
    '{',
    {},
    { decision: 'ALLOW' },
    { decision: true },
    { decision: 'not_recognized' },
    { decision: 'allow', display_message: 5 },
    { decision: 'allow', product_reference: {} },
    { decision: 'allow', product_reference: 'x'.repeat(limits.service_reference_length_max + 1) },
  ]) {
    t.same(verdict(200, body), { kind: 'unavailable', reason: 'bad_reply' }, JSON.stringify(body));
  }
  t.same(verdict(302, ''), { kind: 'unavailable', reason: 'bad_reply' });
  for (const status of [500, 503, 429, 408]) {
    t.same(verdict(status, { decision: 'allow' }), { kind: 'unavailable', reason: 'server_error' });
  }
  for (const status of [400, 401, 404, 422]) t.same(verdict(status, ''), { kind: 'refused', status });
  t.same(readVerdict({ error: 'timeout' }), { kind: 'unavailable', reason: 'timeout' });
  t.same(readVerdict({ error: 'ECONNREFUSED' }), { kind: 'unavailable', reason: 'unreachable' });
  t.same(readVerdict({ error: 'too_large' }), { kind: 'unavailable', reason: 'bad_reply' });
  t.end();
});

t.test('the fail mode decides only where the service did not', (t) => {
  const answered = {
    kind: 'answered',
    decision: 'allow',
    displayMessage: null,
    productReference: 'r',
  } as const;
  const context = { amount: 50, currency: 'SAR' };
  t.match(decideByVerdict(answered, 'deny', context, user), {
    decision: 'allow',
    displayMessage: 'Approved · SAR 50.00',
    productReference: 'r',
    decidedBy: 'service',
  });
  t.match(decideByVerdict({ kind: 'refused', status: 404 }, 'allow', {}, user), {
    decision: 'deny',
    decidedBy: 'service',
    reason: 'refused_404',
  });
  const down = { kind: 'unavailable', reason: 'timeout' } as const;
  t.match(decideByVerdict(down, 'deny', context, user), {
    decision: 'deny',
    displayMessage: 'Service unavailable',
    decidedBy: 'fail_mode',
    reason: 'timeout',
  });
  t.match(decideByVerdict(down, 'allow', context, user), { decision: 'allow', decidedBy: 'fail_mode' });
  const leaky = {
    ...answered,
    displayMessage: `Hello ${user.toUpperCase()}`,
    productReference: `wal_${user}`,
  };
  t.match(decideByVerdict(leaky, 'deny', {}, user), { displayMessage: 'Approved', productReference: null });
  t.end();
});

t.test('amounts are echoed as they can be read', (t) => {
  for (const [context, text] of [
    [{}, 'Approved'],
    [{ amount: '50.00', currency: 'SAR' }, 'Approved · SAR 50.00'],
    [{ amount: 12.5 }, 'Approved · 12.50'],
    [{ amount: 0.1 + 0.2, currency: 'eur' }, 'Approved · EUR 0.3000'],
    [{ amount: 1e21, currency: 'EUR' }, 'Approved'],
    [{ amount: -5 }, 'Approved'],
    [{ amount: '5; DROP', currency: 'EUR' }, 'Approved'],
    [{ amount: { a: 1 } }, 'Approved'],
    [{ amount: '5', currency: 'Bitcoin' }, 'Approved · 5'],
  ] as const) {
    t.equal(defaultMessage('allow', context as never), text, JSON.stringify(context));
  }
  t.equal(defaultMessage('deny', { amount: '5' }), 'Declined · 5');
  t.end();
});

t.test('a question is signed, and its key is its transaction', (t) => {
  const body = questionBody({
    transactionId: 'tx',
    tenantId: 'te',
    productKey: 'payments',
    user: { userId: user, externalUserId: 'emp-1' },
    device: { deviceId: 'd', hardwareId: 'h', deviceClass: 'pos', boundAction: 'charge' },
    context: { amount: '5', note: 'x' },
    at: 0,
  });
  t.same(JSON.parse(body), {
    transaction_id: 'tx',
    tenant_id: 'te',
    product_key: 'payments',
    user_id: user,
    external_user_id: 'emp-1',
    device: { device_id: 'd', hardware_id: 'h', class: 'pos', bound_action: 'charge' },
    amount: '5',
    currency: null,
    context: { amount: '5', note: 'x' },
    timestamp: '1970-01-01T00:00:00.000Z',
  });
  const key = new SeededRandom(seed).bytes(32);
  const headers = questionHeaders(key, 'tx', body, 5_000);
  t.match(headers, { 'Idempotency-Key': 'tx', 'webhook-id': 'tx' });
  t.notOk('traceparent' in headers, 'nobody traces');
  const secret = `whsec_${Buffer.from(key).toString('base64')}`;
  t.ok(signatureHolds(secret, headers, body, 5_000));
  t.notOk(signatureHolds(secret, headers, `${body} `, 5_000));
  t.end();
});

t.test('device classes restrict where the tenant says so', (t) => {
  const table: Readonly<Record<DeviceUse, readonly DeviceClass[]>> = {
    transaction: ['pos', 'gate', 'kiosk'],
    challenge: ['personal'],
    enrolment: ['pos', 'kiosk'],
    signup: ['pos', 'kiosk'],
    consent: ['pos', 'kiosk'],
  };
  for (const [use, allowed] of Object.entries(table)) {
    for (const deviceClass of ['personal', 'pos', 'gate', 'kiosk'] as const) {
      const enforced = () => assertDeviceClass({ enforceDeviceClass: true }, deviceClass, use as DeviceUse);
      if (allowed.includes(deviceClass)) t.doesNotThrow(enforced, `${use} ${deviceClass}`);
      else t.throws(enforced, { code: 'device_class_mismatch' }, `${use} ${deviceClass}`);
      t.doesNotThrow(() => assertDeviceClass({ enforceDeviceClass: false }, deviceClass, use as DeviceUse));
    }
  }
  t.end();
});
