import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { TokenBuckets } from '../../engine/rate.ts';
import type { AttemptRecord } from '../../engine/records.ts';
import { afterFailure, forgotten, lockedForMs } from '../../engine/secrets/attempts.ts';
import {
  equalBytes,
  hashSecret,
  newClientSecret,
  newOpaqueToken,
  newPairingCode,
  newPassword,
  newWebhookSecret,
  normalisePairingCode,
} from '../../engine/secrets/generate.ts';
import { Passwords } from '../../engine/secrets/passwords.ts';
import { systemRandom } from '../../engine/system.ts';

t.test('generated secrets', async (t) => {
  const makers = { newClientSecret, newOpaqueToken, newPairingCode, newPassword };
  for (const [name, make] of Object.entries(makers)) {
    t.equal(new Set(Array.from({ length: 200 }, () => make(systemRandom))).size, 200, name);
  }
  t.match(newClientSecret(systemRandom), /^cs_live_[A-Za-z0-9_-]{43}$/);
  t.match(newPassword(systemRandom), /^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
  const secret = newWebhookSecret(systemRandom);
  t.same(Buffer.from(secret.text.slice('whsec_'.length), 'base64'), Buffer.from(secret.key));
  t.equal(secret.key.length, 32);

  const seen = new Set(Array.from({ length: 400 }, () => newPairingCode(systemRandom)).join(''));
  t.equal([...seen].sort().join(''), '23456789abcdefghjklmnpqrstuvwxyz', 'every character, no look-alike');
});

t.test('typed pairing codes', async (t) => {
  t.equal(normalisePairingCode('mdxglt2xg'), 'mdxglt2xg');
  t.equal(normalisePairingCode(' MDX-GLT 2XG '), 'mdxglt2xg');
  t.equal(normalisePairingCode('mdxg1t2xg'), 'mdxglt2xg', 'a 1 can only mean an l');
  for (const typed of ['', 'mdxglt2x', 'mdxglt2xgg', 'mdxglt2x0', 'mdxglt2xö', ' '.repeat(100)]) {
    t.equal(normalisePairingCode(typed), null, typed);
  }
});

t.test('hashes', async (t) => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  t.equal(Buffer.from(hashSecret('')).toString('hex'), empty);
  t.ok(equalBytes(hashSecret('a'), hashSecret('a')));
  t.notOk(equalBytes(hashSecret('a'), hashSecret('b')));
  t.notOk(equalBytes(hashSecret('a'), hashSecret('a').subarray(1)));
});

t.test('passwords', async (t) => {
  const passwords = new Passwords();
  const stored = await passwords.hash('korrekt pferd');
  t.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  t.not(stored, await passwords.hash('korrekt pferd'), 'salted');
  t.equal(await passwords.verify(stored, 'korrekt pferd'), true);
  t.equal(await passwords.verify(stored, 'korrekt Pferd'), false);
  t.equal(await passwords.verify(null, 'korrekt pferd'), false, 'no such account');
  t.equal(
    await passwords.verify(await passwords.hash(''), 'x'.repeat(2_000)),
    false,
    'too long is not empty',
  );
  await t.rejects(passwords.hash('ä'.repeat(600)), { code: 'validation_failed' });
  await t.rejects(passwords.verify('not a hash', 'x'));
  t.equal(await passwords.verify(stored, 'korrekt pferd'), true, 'a failure gives its place back');
});

t.test('too many passwords at once are refused, the others answered', async (t) => {
  const passwords = new Passwords();
  const held = limits.password_hashes_at_once + limits.password_hashes_queued_max;
  const work = Array.from({ length: held + 3 }, () => passwords.verify(null, 'x'));
  const outcomes = await Promise.allSettled(work);
  t.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, held);
  for (const outcome of outcomes.slice(held)) t.match(outcome, { reason: { code: 'engine_busy' } });
});

t.test('attempts', async (t) => {
  const { login_lock_ms: lock, login_failures_max: max, login_lock_max_ms: longest } = limits;
  let now = 1_000_000;
  let record: AttemptRecord | null = null;
  const fail = (): AttemptRecord => {
    record = afterFailure('login/a@example.com', record, now);
    return record;
  };
  t.equal(lockedForMs(null, now), 0);
  for (let i = 1; i < max; i++) t.equal(fail().lockedUntil, null, `failure ${i}`);
  t.equal(fail().lockedUntil, now + lock);
  t.equal(lockedForMs(record, now + lock - 1), 1);
  t.equal(lockedForMs(record, now + lock), 0);

  now += lock;
  t.equal(fail().lockedUntil, now + 2 * lock, 'the delay grows');
  now += 2 * lock;
  t.equal(fail().lockedUntil, now + 4 * lock);
  for (let i = 0; i < 2_000; i++) {
    now = fail().lockedUntil!;
    if (lockedForMs(record, now - longest) > longest) t.fail('locked for too long');
  }
  now += longest;
  t.ok(forgotten(record!, now), 'and ends after a quiet day');
  t.equal(fail().failures, 1);
  now += lock;
  t.equal(fail().failures, 1, 'old failures do not count with new ones');
});

t.test('token buckets', async (t) => {
  const buckets = new TokenBuckets(2);
  const take = (key: string, now: number) => buckets.take(key, now, 10, 3);
  t.same(take('a', 0), { ok: true, retryAfterMs: 0, remaining: 2, limit: 3, resetMs: 100 });
  take('a', 0);
  t.same(take('a', 0), { ok: true, retryAfterMs: 0, remaining: 0, limit: 3, resetMs: 300 });
  t.same(take('a', 0), { ok: false, retryAfterMs: 100, remaining: 0, limit: 3, resetMs: 300 });
  t.equal(take('a', 99).ok, false);
  t.equal(take('a', 100).ok, true, 'a refused request costs nothing');
  t.equal(take('b', 100).remaining, 2, 'keys do not share');
  t.equal(take('a', 50).ok, false, 'a clock that goes back gives nothing');
  t.equal(take('a', 199).ok, false, 'nor does its return');
  t.equal(take('a', 1e9).remaining, 2, 'never more than the burst');
  take('b', 1e9);
  take('c', 1e9);
  t.equal(take('a', 1e9).remaining, 2, 'the longest unused key is forgotten');

  let allowed = 0;
  for (let now = 0; now < 10_000; now++) if (buckets.take('steady', now, 100, 5).ok) allowed++;
  t.ok(allowed >= 1_003 && allowed <= 1_005, `${allowed} of 10,000 requests in 10 s at 100/s`);
});
