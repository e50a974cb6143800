import { openStatuses } from '../../engine/identity/challenge.ts';
import type { ChallengeRecord } from '../../engine/records.ts';
import { challengeKey, challengeKind } from '../challenge/protocol.ts';
import type { Context } from '../context.ts';

/**
 * Cancels a user's open challenges, and tells their scanners. Follows a commit that took the user's right to be
 * captured away: a challenge that is missed here, by a crash in between, is cancelled at the next start, and
 * completing it is refused all the while.
 */
export function cancelChallenges(
  context: Context,
  tenantId: string,
  userId: string,
  reason: string,
  which: (challenge: ChallengeRecord) => boolean = () => true,
): void {
  cancelAll(context, tenantId, userId, reason, which).catch((error: unknown) => {
    context.log.warn({ userId, reason, error }, 'Open challenges of a user stay until they expire');
  });
}

async function cancelAll(
  context: Context,
  tenantId: string,
  userId: string,
  reason: string,
  which: (challenge: ChallengeRecord) => boolean,
): Promise<void> {
  for await (const open of context.store.scan('challenges', {
    tenantId,
    userId,
    status: { in: openStatuses },
  })) {
    for (const challenge of open.filter(which)) {
      const key = challengeKey(challenge);
      context.directory.tell(challengeKind, key, { type: 'cancel', reason, actor: 'engine' });
    }
  }
}
