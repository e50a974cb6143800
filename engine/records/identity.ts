import type { Hand, HandSelection, MatchResult } from '../palm/types.ts';
import type { JsonObject } from './common.ts';

export type UserStatus = 'active' | 'suspended' | 'deleted';

export type ConsentStatus = 'none' | 'granted' | 'withdrawn';

export type KycStatus = 'not_started' | 'pending' | 'verified' | 'rejected' | 'expired';

export type PalmRestriction = 'all' | 'left' | 'right' | 'disable';

export type ChallengeType = 'enroll' | 'verify';

export type ChallengeStatus =
  | 'pending'
  | 'presented'
  | 'accepted'
  | 'completed'
  | 'failed'
  | 'expired'
  | 'cancelled';

export interface UserRecord {
  readonly userId: string;
  readonly tenantId: string;
  readonly externalUserId: string | null;
  readonly email: string | null;
  readonly mobile: string | null;
  readonly name: string | null;
  readonly metadata: JsonObject;
  readonly status: UserStatus;
  readonly consentStatus: ConsentStatus;
  readonly kycStatus: KycStatus;
  readonly palmRestriction: PalmRestriction;
  /** Palms enrolled. Kept by a trigger on `palms`; commands write 0 at the beginning and never again. */
  readonly palmCount: number;
  readonly version: number;
  readonly createdAt: number;
  readonly deletedAt: number | null;
}

export interface ChallengeRecord {
  readonly challengeId: string;
  readonly tenantId: string;
  readonly type: ChallengeType;
  readonly userId: string;
  readonly externalUserId: string | null;
  readonly deviceId: string;
  readonly hardwareId: string | null;
  /** Null: any enrolled hand will do (verification only). */
  readonly palmType: HandSelection | null;
  readonly replace: boolean;
  readonly status: ChallengeStatus;
  readonly metadata: JsonObject | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly presentedAt: number | null;
  readonly acceptedAt: number | null;
  readonly completedAt: number | null;
  /** Technical failures so far. */
  readonly attempts: number;
  /** Why it failed or was cancelled; an error code or a device's reason. */
  readonly reason: string | null;
  readonly result: MatchResult | null;
  /** Compact JWS of a matched verification whose metadata names a document. */
  readonly receipt: string | null;
  /** Palms of a completed enrolment. */
  readonly featureIds: readonly string[] | null;
  readonly idempotencyKey: string | null;
  /** SHA-256 over the canonical scans, so that a byte-identical repeat is recognised without keeping them. */
  readonly scanDigest: Uint8Array | null;
  readonly version: number;
}

/** A palm (`feature_id`): one hand of one user, with one to a few templates in the palm log. */
export interface PalmRecord {
  readonly palmId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly hand: Hand;
  readonly model: string;
  readonly samples: number;
  /** Small model: the device's own `feature_id`; the platform holds no template then. */
  readonly reference: string | null;
  readonly deviceId: string | null;
  readonly createdAt: number;
}

/**
 * The gapless template log of a tenant. `add` carries one sealed template; `remove` names a palm whose templates
 * are gone. Erasing a palm sets `sealed` of its `add` rows to null, so positions stay gapless.
 */
export interface PalmLogRecord {
  readonly tenantId: string;
  readonly position: number;
  readonly operation: 'add' | 'remove';
  readonly palmId: string;
  readonly userId: string;
  readonly hand: Hand;
  readonly sample: number;
  readonly sealed: Uint8Array | null;
  /** Id of the protection that the template is stored under; null for `remove`. */
  readonly protection: string | null;
}

/** A proof that a palm was erased; complete once every shard file without it is on disk. */
export interface ErasureRecord {
  readonly erasureId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly palmIds: readonly string[];
  readonly status: 'pending' | 'complete';
  /** Shard files covering at least this log position are free of the palms. */
  readonly palmPosition: number;
  readonly requestedAt: number;
  readonly completedAt: number | null;
}

/** Device-initiated transactions, as history. The scan is never kept. */
export interface TransactionRecord {
  readonly transactionId: string;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly userId: string | null;
  /** `asked`: a linked service is being asked, see `TransactionIntentRecord`. */
  readonly state: 'asked' | 'decided';
  /** Null while it is asked. */
  readonly decision: 'allow' | 'deny' | 'not_recognized' | null;
  readonly decidedBy: 'recognition' | 'service' | 'fail_mode' | null;
  /** Why the service did not decide, or that it refused the question. */
  readonly reason: string | null;
  readonly productKey: string | null;
  /** The service's own name for it. */
  readonly productReference: string | null;
  readonly result: MatchResult | null;
  readonly context: JsonObject;
  readonly createdAt: number;
  readonly decidedAt: number | null;
}
