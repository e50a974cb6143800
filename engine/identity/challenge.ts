/** The challenge's state machine: pending → presented → accepted → completed | failed | expired | cancelled. */
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { HandSelection, MatchResult } from '../palm/types.ts';
import type {
  ChallengeRecord,
  ChallengeStatus,
  ChallengeType,
  DeviceRecord,
  JsonObject,
  UserRecord,
} from '../records.ts';

export interface ChallengeDraft {
  readonly type: ChallengeType;
  readonly user: Pick<UserRecord, 'userId' | 'externalUserId'>;
  readonly palmType: HandSelection | null;
  readonly replace: boolean;
  readonly expiresInS: number | null;
  readonly metadata: JsonObject | null;
}

/** States in which completing is legal. */
export const openStatuses = [
  'pending',
  'presented',
  'accepted',
] as const satisfies readonly ChallengeStatus[];

export function isOpen(challenge: ChallengeRecord): boolean {
  return (openStatuses as readonly ChallengeStatus[]).includes(challenge.status);
}

/**
 * A new pending challenge. Life defaults by type and is held within the limits.
 * @param now epoch milliseconds
 */
export function newChallenge(
  challengeId: string,
  draft: ChallengeDraft,
  device: Pick<DeviceRecord, 'tenantId' | 'deviceId' | 'hardwareId'>,
  now: number,
): ChallengeRecord {
  const defaultLifeS =
    draft.type === 'enroll' ? limits.challenge_life_enrol_s : limits.challenge_life_verify_s;
  const lifeS = draft.expiresInS ?? defaultLifeS;
  return {
    challengeId,
    tenantId: device.tenantId,
    type: draft.type,
    userId: draft.user.userId,
    externalUserId: draft.user.externalUserId,
    deviceId: device.deviceId,
    hardwareId: device.hardwareId,
    palmType: draft.palmType,
    replace: draft.replace,
    status: 'pending',
    metadata: draft.metadata,
    createdAt: now,
    expiresAt:
      now + Math.min(limits.challenge_life_max_s, Math.max(limits.challenge_life_min_s, lifeS)) * 1000,
    presentedAt: null,
    acceptedAt: null,
    completedAt: null,
    attempts: 0,
    reason: null,
    result: null,
    receipt: null,
    featureIds: null,
    idempotencyKey: null,
    scanDigest: null,
    version: 1,
  };
}

export type ChallengeEvent =
  | { readonly type: 'presented'; readonly at: number }
  | { readonly type: 'accepted'; readonly at: number }
  | { readonly type: 'attempt_failed'; readonly reason: string; readonly at: number }
  | {
      readonly type: 'decided';
      readonly at: number;
      readonly result: MatchResult;
      readonly receipt?: string | null;
      readonly idempotencyKey: string | null;
      readonly scanDigest: Uint8Array;
    }
  | {
      readonly type: 'enrolled';
      readonly at: number;
      readonly featureIds: readonly string[];
      readonly idempotencyKey: string | null;
      readonly scanDigest: Uint8Array;
    }
  | {
      readonly type: 'failed';
      readonly at: number;
      readonly reason: string;
      readonly idempotencyKey: string | null;
      readonly scanDigest: Uint8Array | null;
    }
  | { readonly type: 'expired'; readonly at: number }
  | { readonly type: 'cancelled'; readonly at: number; readonly reason: string };

/**
 * The next state. Presenting and accepting leave the version alone (they may be lost without harm); everything
 * else raises it, and is committed by compare-and-set on the version before.
 */
export function evolveChallenge(challenge: ChallengeRecord, event: ChallengeEvent): ChallengeRecord {
  const version = challenge.version + 1;
  switch (event.type) {
    case 'presented':
      return {
        ...challenge,
        status: challenge.status === 'pending' ? 'presented' : challenge.status,
        presentedAt: challenge.presentedAt ?? event.at,
      };
    case 'accepted':
      return { ...challenge, status: 'accepted', acceptedAt: event.at };
    case 'attempt_failed': {
      const attempts = challenge.attempts + 1;
      if (attempts < limits.challenge_attempts_max) return { ...challenge, attempts, version };
      return {
        ...challenge,
        attempts,
        status: 'failed',
        reason: event.reason,
        completedAt: event.at,
        version,
      };
    }
    case 'decided':
      return {
        ...challenge,
        status: event.result.matched ? 'completed' : 'failed',
        reason: event.result.matched ? null : 'not_matched',
        result: event.result,
        receipt: event.receipt ?? null,
        completedAt: event.at,
        idempotencyKey: event.idempotencyKey,
        scanDigest: event.scanDigest,
        version,
      };
    case 'enrolled':
      return {
        ...challenge,
        status: 'completed',
        featureIds: event.featureIds,
        completedAt: event.at,
        idempotencyKey: event.idempotencyKey,
        scanDigest: event.scanDigest,
        version,
      };
    case 'failed':
      return {
        ...challenge,
        status: 'failed',
        reason: event.reason,
        completedAt: event.at,
        idempotencyKey: event.idempotencyKey,
        scanDigest: event.scanDigest,
        version,
      };
    case 'expired':
      return { ...challenge, status: 'expired', reason: 'expired', completedAt: event.at, version };
    case 'cancelled':
      return { ...challenge, status: 'cancelled', reason: event.reason, completedAt: event.at, version };
  }
}

/** Why a challenge that is over cannot be completed, accepted or rejected again. */
export function overError(challenge: ChallengeRecord): ThenarError {
  const details = { challenge_id: challenge.challengeId, status: challenge.status };
  switch (challenge.status) {
    case 'expired':
      return new ThenarError('challenge_expired', 'This challenge has expired.', { details });
    case 'cancelled':
      return new ThenarError('challenge_cancelled', 'This challenge was cancelled.', { details });
    default:
      return new ThenarError('challenge_completed', 'This challenge is over.', { details });
  }
}

/**
 * A repeat of the call that ended the challenge gets the stored result: the same idempotency key, or none and
 * byte-identical scans. Anything else is a conflict.
 */
export function isRepeat(challenge: ChallengeRecord, key: string | null, digest: Uint8Array): boolean {
  if (challenge.status !== 'completed' && challenge.status !== 'failed') return false;
  if (key !== null) return challenge.idempotencyKey === key;
  if (challenge.scanDigest === null) return false;
  return Buffer.compare(challenge.scanDigest, digest) === 0;
}
