/** Challenges, and what a scanner does without one. */
import type { Eventually } from '../../engine/eventually.ts';
import type { HandSelection, Scan } from '../../engine/palm/types.ts';
import type { ChallengeRecord, JsonObject } from '../../engine/records.ts';
import type { DeviceCall, TenantCall } from '../calls.ts';
import type { DeviceReference, Page, PageQuery, UserReference } from './common.ts';

export interface CreateEnrolment {
  readonly user: UserReference;
  readonly device: DeviceReference;
  readonly palmType: HandSelection;
  readonly replace?: boolean;
  readonly expiresInS?: number;
  readonly metadata?: JsonObject | null;
}

export interface CreateVerification {
  readonly user: UserReference;
  readonly device: DeviceReference;
  readonly palmType?: HandSelection;
  readonly expiresInS?: number;
  readonly metadata?: JsonObject | null;
}

export interface CompleteChallenge {
  readonly challengeId: string;
  readonly scans: readonly Scan[];
  readonly idempotencyKey?: string;
}

export interface CreateTransaction {
  readonly scan: Scan;
  readonly context: JsonObject;
  readonly idempotencyKey: string;
}

export interface TransactionReply {
  readonly decision: 'allow' | 'deny' | 'not_recognized';
  readonly displayMessage: string;
  readonly productReference: string | null;
  readonly status: 'completed';
}

export interface ChallengesApi {
  enrol(call: TenantCall, input: CreateEnrolment): Promise<ChallengeRecord>;
  verify(call: TenantCall, input: CreateVerification): Promise<ChallengeRecord>;
  /** At once from the live actor's published view when there is one. */
  get(call: TenantCall, challengeId: string): Eventually<ChallengeRecord>;
  list(
    call: TenantCall,
    query: PageQuery & { status?: string; type?: string; deviceId?: string; userId?: string },
  ): Promise<Page<ChallengeRecord>>;
  /** Device plane. */
  pending(call: DeviceCall): Promise<readonly ChallengeRecord[]>;
  accept(call: DeviceCall, challengeId: string): Promise<ChallengeRecord>;
  reject(call: DeviceCall, challengeId: string, reason: string): Promise<ChallengeRecord>;
  complete(call: DeviceCall, input: CompleteChallenge): Promise<ChallengeRecord>;
}

export interface TransactionsApi {
  create(call: DeviceCall, input: CreateTransaction): Promise<TransactionReply>;
}

export interface PalmsApi {
  /** Enrolment started by the device for a user it knows. */
  enrol(
    call: DeviceCall,
    input: { userId: string; scans: readonly Scan[] },
  ): Promise<{ featureIds: readonly string[]; consentStatus: string }>;
}
