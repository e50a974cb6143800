import t from 'tap';
import {
  type AttemptState,
  attemptExcused,
  attemptMatched,
  beginAttempt,
} from '../../engine/face/attempts.ts';
import { limits } from '../../engine/limits.ts';

const fresh: AttemptState = { attempts: 0, forgiven: 0, lockedUntil: null };

function begun(face: AttemptState, now: number): AttemptState {
  const next = beginAttempt(face, now);
  if (!('attempts' in next)) throw new Error(`locked for ${next.lockedMs} ms`);
  return next;
}

/** The waits between the rounds of somebody who never matches. */
function locks(rounds: number): number[] {
  let face = fresh;
  let now = 1_000;
  const waits: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let one = 0; one < limits.face_attempts_max; one += 1) face = begun(face, now);
    const wait = beginAttempt(face, now);
    if (!('lockedMs' in wait)) throw new Error('not locked');
    waits.push(wait.lockedMs);
    now += wait.lockedMs;
  }
  return waits;
}

t.test('every third attempt locks, each time longer, up to the maximum', async (t) => {
  const waits = locks(8);
  t.equal(waits[0], limits.face_lock_ms);
  t.equal(waits[1], limits.face_lock_ms * limits.face_lock_factor);
  t.equal(waits.at(-1), limits.face_lock_max_ms);
  t.same(
    waits,
    [...waits].sort((a, b) => a - b),
  );
});

t.test('the lock stands from the attempt on that makes it, before anybody looked', async (t) => {
  const third = begun(begun(begun(fresh, 0), 0), 0);
  t.match(beginAttempt(third, 0), { lockedMs: limits.face_lock_ms });
  t.match(beginAttempt(third, limits.face_lock_ms), { attempts: 4, lockedUntil: null });
});

t.test('a match forgives what came before it, not what came after', async (t) => {
  const third = begun(begun(begun(fresh, 0), 0), 0);
  t.same(attemptMatched(third, 3), { attempts: 3, forgiven: 3, lockedUntil: null });
  const second = attemptMatched(third, 2);
  t.same(second, { attempts: 3, forgiven: 2, lockedUntil: null });
  const again = begun(begun(second, 0), 0);
  t.match(beginAttempt(again, 0), { lockedMs: limits.face_lock_ms }, 'the third one still counts');
  t.same(attemptMatched(second, 1), second, 'an older match changes nothing');
});

t.test('what was nobody’s fault is taken back once, and unlocks what it locked', async (t) => {
  const third = begun(begun(begun(fresh, 0), 0), 0);
  t.same(attemptExcused(third, 3), { attempts: 3, forgiven: 1, lockedUntil: null });
  const matched = attemptMatched(third, 3);
  t.same(attemptExcused(matched, 2), matched, 'a match has forgiven it already');
});
