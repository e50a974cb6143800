/** Challenges and their completion as every plane shows them (CONTRACT: shapes the documents leave open). */
import type { ChallengeRecord } from '../../engine/records.ts';
import {
  boolean,
  defined,
  freeform,
  integer,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
  time,
  uuid,
} from '../http/schema.ts';
import { timestamp } from './time.ts';

const challengeStatus = oneOf(
  'pending',
  'presented',
  'accepted',
  'completed',
  'failed',
  'expired',
  'cancelled',
);

const createdFields = {
  challenge_id: uuid,
  type: oneOf('enroll', 'verify'),
  external_user_id: nullable(string),
  hardware_id: nullable(string),
  palm_type: nullable(oneOf('left', 'right', 'both')),
  status: challengeStatus,
  expires_at: time,
  metadata: nullable(freeform),
};

const openFields = {
  ...createdFields,
  user_id: uuid,
  device_id: uuid,
  created_at: time,
  presented_at: optional(time),
  accepted_at: optional(time),
  completed_at: optional(time),
  attempts: integer(),
  reason: optional(string),
};

export const challengeCreatedSchema = named('CreatedChallenge', object(createdFields));
export const challengeOpenSchema = named('OpenChallenge', object(openFields));
export const challengeSchema = named(
  'Challenge',
  object({
    ...openFields,
    feature_ids: optional(list(string)),
    /** Compact JWS of a matched verification whose metadata names a document. */
    receipt: optional(string),
    result: optional(
      object({
        matched: boolean,
        scores: list(number()),
        thresholds: list(number()),
        threshold_version: integer(),
        match_policy: string,
        confidence: number(),
        feature_id: optional(string),
        latency_ms: number(),
        vendor: string,
      }),
    ),
  }),
);
export type ChallengeWire = TypeOf<typeof challengeSchema>;

/** What the creation of a challenge answers (document 003). */
export function challengeCreatedWire(record: ChallengeRecord): TypeOf<typeof challengeCreatedSchema> {
  return {
    challenge_id: record.challengeId,
    type: record.type,
    external_user_id: record.externalUserId,
    hardware_id: record.hardwareId,
    palm_type: record.palmType,
    status: record.status,
    expires_at: timestamp(record.expiresAt),
    metadata: record.metadata,
  };
}

/** A challenge without its result: what a scanner is shown before it answers. */
export function challengeOpenWire(record: ChallengeRecord): TypeOf<typeof challengeOpenSchema> {
  const { presentedAt, acceptedAt, completedAt, reason } = record;
  return {
    ...challengeCreatedWire(record),
    user_id: record.userId,
    device_id: record.deviceId,
    created_at: timestamp(record.createdAt),
    ...(presentedAt === null ? {} : { presented_at: timestamp(presentedAt) }),
    ...(acceptedAt === null ? {} : { accepted_at: timestamp(acceptedAt) }),
    ...(completedAt === null ? {} : { completed_at: timestamp(completedAt) }),
    ...(reason === null ? {} : { reason }),
    attempts: record.attempts,
  };
}

/** A challenge as `GET /v1/challenges/{id}` shows it. */
export function challengeWire(record: ChallengeRecord): ChallengeWire {
  const { result } = record;
  return {
    ...challengeOpenWire(record),
    ...defined({
      feature_ids: record.featureIds ?? undefined,
      receipt: record.receipt ?? undefined,
      result:
        result === null
          ? undefined
          : {
              matched: result.matched,
              scores: result.scores,
              thresholds: result.thresholds,
              threshold_version: result.thresholdVersion,
              match_policy: result.matchPolicy,
              confidence: result.confidence,
              ...defined({ feature_id: result.featureId ?? undefined }),
              latency_ms: result.latencyMs,
              vendor: result.vendor,
            },
    }),
  };
}

export const completionSchema = named(
  'Completion',
  object({
    status: challengeStatus,
    challenge_id: uuid,
    user_id: uuid,
    confidence: nullable(number()),
    timestamp: time,
    metadata: nullable(freeform),
    matched: optional(boolean),
    feature_ids: optional(list(string)),
    reason: optional(string),
  }),
);

/**
 * What completing a challenge answers, over REST and the socket: document 000 section 14.4, plus `matched` for a
 * verification and `feature_ids` for an enrolment.
 */
export function completionWire(record: ChallengeRecord): TypeOf<typeof completionSchema> {
  return {
    status: record.status,
    challenge_id: record.challengeId,
    user_id: record.userId,
    confidence: record.result?.confidence ?? null,
    timestamp: timestamp(record.completedAt ?? record.createdAt),
    metadata: record.metadata,
    ...(record.type === 'verify'
      ? { matched: record.result?.matched ?? false }
      : { feature_ids: record.featureIds ?? [] }),
    ...defined({ reason: record.reason ?? undefined }),
  };
}
