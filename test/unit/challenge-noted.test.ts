import { randomUUID } from 'node:crypto';
import t from 'tap';
import { challengeBehaviour } from '../../actors/challenge/behaviour.ts';
import { challengeKey, challengeKind } from '../../actors/challenge/protocol.ts';
import { newChallengeState } from '../../actors/challenge/state.ts';
import { Changes } from '../../actors/changes.ts';
import type { Context } from '../../actors/context.ts';
import { createDirectory } from '../../actors/directory.ts';
import { limits } from '../../engine/limits.ts';
import type { Commit } from '../../engine/ports.ts';
import type { ChallengeRecord } from '../../engine/records.ts';
import { HeldSnapshots } from '../support/actors.ts';
import { settled, VirtualClock } from '../support/clock.ts';
import { SeededRandom } from '../support/random.ts';
import { challengeRow } from '../support/rows.ts';

/** One challenge in memory; commits are only kept. */
async function open() {
  const clock = new VirtualClock();
  const snapshots = new HeldSnapshots();
  const commits: Commit[] = [];
  const challenges = new Map<string, ChallengeRecord>();
  const directory = createDirectory({ clock, random: new SeededRandom(1), snapshots, log: () => {} });
  const store = {
    async commit(commit: Commit) {
      commits.push(commit);
      return { at: clock.now(), palmPosition: 1 };
    },
    get: async () => null,
  };
  const log = { debug() {}, warn() {} };
  const context = { clock, directory, store, views: { challenges }, changes: new Changes(), log };
  directory.register(challengeBehaviour(context as unknown as Context));
  const record = challengeRow(randomUUID(), { expiresAt: clock.now() + 300_000 });
  directory.adopt(challengeKind, challengeKey(record), newChallengeState(record));
  await settled();
  const tell = async (message: { readonly type: 'presented' }): Promise<void> => {
    directory.tell(challengeKind, challengeKey(record), message);
    await settled();
  };
  return { clock, snapshots, commits, challenges, record, tell };
}

t.test('a presented challenge is so at once, and in its row once it has waited', async (t) => {
  const { clock, snapshots, commits, challenges, record, tell } = await open();
  await clock.advance(1_000);
  t.equal(snapshots.puts.length, 0, 'one that waits is what its row says');
  await tell({ type: 'presented' });
  t.equal(challenges.get(record.challengeId)?.status, 'presented');
  await clock.advance(limits.presentation_write_ms - 1);
  t.equal(commits.length, 0);
  t.equal(snapshots.puts.length, 1, 'a restart meanwhile knows it from the snapshot');
  await clock.advance(1);
  t.match(commits, [{ writes: [{ update: 'challenges', set: { status: 'presented' } }] }]);
});
