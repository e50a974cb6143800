/** The challenge's state machine: what each event makes of each state. */
import t from 'tap';
import {
  type ChallengeEvent,
  evolveChallenge,
  isOpen,
  isRepeat,
  newChallenge,
  overError,
} from '../../engine/identity/challenge.ts';
import { limits } from '../../engine/limits.ts';
import type { MatchResult } from '../../engine/palm/types.ts';
import type { ChallengeRecord, ChallengeStatus } from '../../engine/records.ts';

const now = 1_000_000;
const device = { tenantId: 't', deviceId: 'd', hardwareId: 'hw' };
const user = { userId: 'u', externalUserId: 'x' };
const draft = { user, palmType: null, replace: false, expiresInS: null, metadata: null } as const;
const fresh = newChallenge('c', { ...draft, type: 'verify' }, device, now);
const result = (matched: boolean) => ({ matched, confidence: 0.7 }) as MatchResult;
const digest = Uint8Array.of(1, 2, 3);
const call = { at: now + 5, idempotencyKey: 'k', scanDigest: digest };

t.test('a challenge lives as long as its type and its maker say, within limits', async (t) => {
  const lifeOf = (type: 'enroll' | 'verify', expiresInS: number | null) =>
    (newChallenge('c', { ...draft, type, expiresInS }, device, now).expiresAt - now) / 1000;
  t.equal(lifeOf('verify', null), 300);
  t.equal(lifeOf('enroll', null), 3600);
  t.equal(lifeOf('verify', 42), 42);
  t.equal(lifeOf('verify', 0), limits.challenge_life_min_s);
  t.equal(lifeOf('enroll', 1e9), limits.challenge_life_max_s);
  t.match(fresh, { status: 'pending', version: 1, attempts: 0, hardwareId: 'hw', userId: 'u' });
});

t.test('each event, from each open state', async (t) => {
  const table: readonly (readonly [ChallengeEvent, ChallengeStatus, string | null, raises: number])[] = [
    [{ type: 'accepted', at: now }, 'accepted', null, 0],
    [{ type: 'decided', ...call, result: result(true) }, 'completed', null, 1],
    [{ type: 'decided', ...call, result: result(false) }, 'failed', 'not_matched', 1],
    [{ type: 'enrolled', ...call, featureIds: ['p'] }, 'completed', null, 1],
    [{ type: 'failed', ...call, reason: 'palm_already_enrolled' }, 'failed', 'palm_already_enrolled', 1],
    [{ type: 'expired', at: now }, 'expired', 'expired', 1],
    [{ type: 'cancelled', at: now, reason: 'user_deleted' }, 'cancelled', 'user_deleted', 1],
  ];
  for (const status of ['pending', 'presented', 'accepted'] as const) {
    for (const [event, next, reason, raises] of table) {
      const after = evolveChallenge({ ...fresh, status }, event);
      t.match(after, { status: next, reason, version: 1 + raises }, `${status}: ${event.type}`);
      t.equal(isOpen(after), next === 'accepted');
      if (!isOpen(after)) t.ok(after.completedAt !== null);
    }
  }
});

t.test('presenting happens once and takes nothing back', async (t) => {
  const shown = evolveChallenge(fresh, { type: 'presented', at: now + 1 });
  t.match(shown, { status: 'presented', presentedAt: now + 1, version: 1 });
  t.equal(evolveChallenge(shown, { type: 'presented', at: now + 9 }).presentedAt, now + 1);
  const accepted = evolveChallenge(shown, { type: 'accepted', at: now + 2 });
  t.match(evolveChallenge(accepted, { type: 'presented', at: now + 3 }), { status: 'accepted' });
});

t.test('technical failures end it when they are too many', async (t) => {
  let challenge: ChallengeRecord = fresh;
  for (let attempts = 1; attempts <= limits.challenge_attempts_max; attempts += 1) {
    challenge = evolveChallenge(challenge, {
      type: 'attempt_failed',
      reason: 'palm_quality_too_low',
      at: now,
    });
    const last = attempts === limits.challenge_attempts_max;
    t.match(challenge, { attempts, version: 1 + attempts, status: last ? 'failed' : 'pending' });
  }
  t.match(challenge, { reason: 'palm_quality_too_low', completedAt: now });
  t.notOk(isRepeat(challenge, 'k', digest), 'no call that could be repeated decided it');
});

t.test('only the call that decided is repeated', async (t) => {
  const keyed = evolveChallenge(fresh, { type: 'decided', ...call, result: result(false) });
  const bare = evolveChallenge(fresh, {
    type: 'decided',
    ...call,
    idempotencyKey: null,
    result: result(true),
  });
  const other = Uint8Array.of(9);
  t.ok(isRepeat(keyed, 'k', other), 'the same key, whatever it carries');
  t.notOk(isRepeat(keyed, 'other', digest));
  t.ok(isRepeat(keyed, null, digest), 'the same scans without a key');
  t.notOk(isRepeat(keyed, null, other));
  t.ok(isRepeat(bare, null, digest));
  t.notOk(isRepeat(bare, 'k', digest), 'a key that was never seen');
  t.notOk(isRepeat(fresh, null, digest));
  t.notOk(isRepeat(evolveChallenge(fresh, { type: 'expired', at: now }), null, digest));
});

t.test('why it is over', async (t) => {
  const codes = (['completed', 'failed', 'expired', 'cancelled'] as const).map(
    (status) => overError({ ...fresh, status }).code,
  );
  t.same(codes, ['challenge_completed', 'challenge_completed', 'challenge_expired', 'challenge_cancelled']);
  t.match(overError({ ...fresh, status: 'expired' }).details, { challenge_id: 'c', status: 'expired' });
});
