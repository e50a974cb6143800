/**
 * Pushes leave in the order of their sequences. Their commits take effect in that order, but commits that shared a
 * transaction end in one moment, and whoever waits through more promises hears of it later: a cancellation given its
 * sequence after a challenge was known to be stored before it, and a scanner ignores what comes below the last
 * sequence it saw. So an outcome waits until those before it are known.
 */
import type { DeviceMessage } from './protocol.ts';
import type { DeviceState } from './state.ts';

export type PushOutcome = Extract<DeviceMessage, { type: 'challenge_committed' | 'push_committed' }>;

/** A sequence was given, and its commit will be begun in the order of sequences. */
export function underWay(state: DeviceState, seq: number): void {
  state.underWay.set(seq, null);
}

/** The outcomes that can be taken now, oldest first: none while one before this is still awaited. */
export function inOrder(state: DeviceState, outcome: PushOutcome): readonly PushOutcome[] {
  state.underWay.set(outcome.push.seq, outcome);
  const ready: PushOutcome[] = [];
  for (const [seq, known] of state.underWay) {
    if (known === null) break;
    state.underWay.delete(seq);
    ready.push(known);
  }
  return ready;
}
