import { ThenarError } from '../../engine/errors.ts';
import { isOpen } from '../../engine/identity/challenge.ts';
import type { Store } from '../../engine/ports.ts';
import type { ChallengeRecord, Json } from '../../engine/records.ts';
import type { Attempt, ChallengeMessage } from './protocol.ts';

export interface ChallengeState {
  /** As committed, but for presenting and accepting, which may still be on their way to the row. */
  record: ChallengeRecord;
  attempt: Attempt | null;
  /** A cancellation or expiry that came while an attempt was under way. */
  deferred: Extract<ChallengeMessage, { type: 'cancel' | 'due' }> | null;
  /**
   * `Clock.monotonic()` milliseconds at which it expires, fixed when it comes into memory. It stays there while it is
   * open, so that no jump of the time of day ends it early or lets it live on.
   */
  dueAt: number;
}

export function newChallengeState(record: ChallengeRecord): ChallengeState {
  return { record, attempt: null, deferred: null, dueAt: Number.POSITIVE_INFINITY };
}

/**
 * The row is the truth; a snapshot of the same version may know of a presentation that the row has not seen yet.
 * @throws ThenarError challenge_not_found
 */
export async function loadChallenge(
  store: Store,
  key: string,
  snapshot: { readonly version: number; readonly state: Json } | null,
): Promise<ChallengeState> {
  const [tenantId, challengeId] = key.split('/') as [string, string];
  const record = await store.get('challenges', { tenantId, challengeId });
  if (record === null) throw new ThenarError('challenge_not_found', 'There is no such challenge.');
  const kept = snapshot?.state as unknown as Pick<
    ChallengeRecord,
    'status' | 'presentedAt' | 'acceptedAt' | 'version'
  > | null;
  if (!kept || kept.version !== record.version || !isOpen(record)) return newChallengeState(record);
  const { status, presentedAt, acceptedAt } = kept;
  return newChallengeState({
    ...record,
    status,
    presentedAt: record.presentedAt ?? presentedAt,
    acceptedAt: record.acceptedAt ?? acceptedAt,
  });
}

/** Below any version: nothing is to be kept. */
const NOTHING = -1;

/**
 * Rises with the row's version, and between two of those with presenting and accepting. A challenge that waits or is
 * over is what its row says, so that a snapshot of it would be a write for nothing.
 */
export function challengeSnapshotVersion(state: ChallengeState): number {
  const { version, status } = state.record;
  if (status === 'pending' || !isOpen(state.record)) return NOTHING;
  return version * 2 + (status === 'presented' ? 0 : 1);
}

export function snapshotChallenge(state: ChallengeState): Json {
  const { status, presentedAt, acceptedAt, version } = state.record;
  return { status, presentedAt, acceptedAt, version };
}
