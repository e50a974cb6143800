/** The challenge actor: one capture to be made by one scanner, decided once. */
import type { ThenarError } from '../../engine/errors.ts';
import type { ChallengeEvent } from '../../engine/identity/challenge.ts';
import type { Scan } from '../../engine/palm/types.ts';
import type { TraceContext } from '../../engine/ports.ts';
import type { ChallengeRecord } from '../../engine/records.ts';
import type { ActorKind, Outcome, Reply } from '../kernel/types.ts';

export type ChallengeMessage =
  | { readonly type: 'presented' }
  | { readonly type: 'noted' }
  | { readonly type: 'accept'; readonly reply: Reply<ChallengeRecord> }
  | {
      readonly type: 'reject';
      readonly reason: string;
      readonly actor: string;
      readonly reply: Reply<ChallengeRecord>;
    }
  | {
      readonly type: 'complete';
      readonly scans: readonly Scan[];
      readonly idempotencyKey: string | null;
      readonly scanDigest: Uint8Array;
      /** `Clock.monotonic()` milliseconds. */
      readonly deadline: number;
      /** For the audit log. */
      readonly actor: string;
      readonly trace: TraceContext | null;
      readonly reply: Reply<ChallengeRecord>;
    }
  | { readonly type: 'cancel'; readonly reason: string; readonly actor: string }
  | { readonly type: 'due' }
  | { readonly type: 'settled'; readonly outcome: Outcome<Settled> }
  | { readonly type: 'look' }
  | { readonly type: 'looked'; readonly outcome: Outcome<ChallengeRecord | null> }
  | { readonly type: 'reloaded'; readonly outcome: Outcome<ChallengeRecord | null> }
  | { readonly type: 'written'; readonly outcome: Outcome<unknown> };

/** A change that was committed: the record after it, and what the caller is answered when it is not the record. */
export interface Settled {
  readonly next: ChallengeRecord;
  readonly refusal: ThenarError | null;
  /** Whether the device must be told that the challenge is over. */
  readonly tellDevice: string | null;
}

/** The change that is under way, and everybody who waits for it. One at a time. */
export interface Attempt {
  /** Null for changes nobody can repeat: cancellation, expiry. */
  readonly scanDigest: Uint8Array | null;
  readonly idempotencyKey: string | null;
  readonly replies: Reply<ChallengeRecord>[];
  /** What to try again when it could not be committed; null when its caller does that. */
  readonly again: Extract<ChallengeMessage, { type: 'cancel' | 'due' }> | null;
}

export const challengeKind: ActorKind<ChallengeMessage> = { name: 'challenge' };

export function challengeKey(challenge: Pick<ChallengeRecord, 'tenantId' | 'challengeId'>): string {
  return `${challenge.tenantId}/${challenge.challengeId}`;
}

export type { ChallengeEvent };
