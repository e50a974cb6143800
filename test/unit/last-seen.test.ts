/** When devices were seen is written behind, together, and is not lost. */
import t from 'tap';
import { LastSeen } from '../../actors/device/last-seen.ts';
import { limits } from '../../engine/limits.ts';
import type { Commit, Store } from '../../engine/ports.ts';
import { VirtualClock } from '../support/clock.ts';
import { quietLog } from '../support/store.ts';

function world() {
  const clock = new VirtualClock();
  const commits: Commit[] = [];
  const state = { away: false };
  const store = {
    async commit(commit: Commit) {
      if (state.away) throw new Error('the database is away');
      commits.push(commit);
    },
  } as unknown as Store;
  return { clock, commits, state, lastSeen: new LastSeen({ clock, store, log: quietLog }) };
}
const of = (tenantId: string, deviceId: string) => ({ tenantId, deviceId });

t.test('devices of a tenant are one statement, at the first moment of them all', async (t) => {
  const { clock, commits, lastSeen } = world();
  const first = clock.now();
  lastSeen.note(of('a', '1'), first);
  lastSeen.note(of('b', '9'), first + 3);
  lastSeen.note(of('a', '2'), first + 5);
  lastSeen.note(of('a', '1'), first + 7);
  t.same(commits, [], 'nobody waits for it');
  await clock.advance(limits.last_seen_write_ms);
  t.same(commits, [
    {
      tenantId: 'a',
      writes: [
        {
          update: 'devices',
          where: { tenantId: 'a', deviceId: { in: ['1', '2'] } },
          set: { lastSeenAt: first },
        },
      ],
    },
    {
      tenantId: 'b',
      writes: [
        {
          update: 'devices',
          where: { tenantId: 'b', deviceId: { in: ['9'] } },
          set: { lastSeenAt: first + 3 },
        },
      ],
    },
  ]);
});

t.test('what could not be written is written later, with what came meanwhile', async (t) => {
  const { clock, commits, state, lastSeen } = world();
  const first = clock.now();
  state.away = true;
  lastSeen.note(of('a', '1'), first);
  lastSeen.note(of('a', '2'), clock.now() + limits.last_seen_write_ms);
  await clock.advance(limits.last_seen_write_ms);
  state.away = false;
  await clock.advance(limits.last_seen_write_ms);
  t.match(commits, [{ writes: [{ where: { deviceId: { in: ['1', '2'] } }, set: { lastSeenAt: first } }] }]);
});

t.test('an engine that stops writes what waits', async (t) => {
  const { clock, commits, lastSeen } = world();
  lastSeen.note(of('a', '1'), clock.now());
  await lastSeen.flush();
  t.equal(commits.length, 1);
  t.equal(clock.nextDue(), null, 'and nothing is left to be done');
});

t.test('a thousand devices are several statements', async (t) => {
  const { clock, commits, lastSeen } = world();
  const count = limits.last_seen_batch_max + 1;
  for (let device = 0; device < count; device += 1) lastSeen.note(of('a', String(device)), clock.now());
  await lastSeen.flush();
  t.equal(commits.length, 2);
});
