import type { HandSelection, MatchResult } from '../palm/types.ts';
import type { Random } from '../ports.ts';
import type { JsonObject, WebhookEventRecord } from '../records.ts';

/** What each event is about, in our own terms; times are epoch milliseconds. */
export interface WebhookEventData {
  readonly 'device.paired': {
    readonly hardwareId: string;
    readonly deviceName: string;
    readonly location: string;
    readonly pairedAt: number;
    readonly certificateExpiresAt: number;
  };
  readonly 'enrollment.complete': {
    readonly userId: string;
    /** One for one hand, two for both. */
    readonly featureIds: readonly string[];
    readonly palmType: HandSelection;
    readonly hardwareId: string | null;
    /** Null when the scanner enrolled without a challenge. */
    readonly challengeId: string | null;
    readonly enrolledAt: number;
    readonly vendor: string;
    readonly metadata: JsonObject | null;
  };
  readonly 'verification.complete': VerificationData;
  readonly 'verification.failed': VerificationData;
  readonly 'user.suspended': UserStatusData;
  readonly 'user.reactivated': UserStatusData;
  readonly 'consent.withdrawn': {
    readonly userId: string;
    readonly externalUserId: string | null;
    readonly consentType: string;
    readonly version: string;
    readonly withdrawnAt: number;
  };
  readonly 'kyc.status': {
    readonly userId: string;
    readonly externalUserId: string | null;
    readonly sessionId: string;
    readonly provider: string;
    readonly status: string;
    readonly updatedAt: number;
  };
  /** Somebody showed the user's face and was given the shares of these keys. */
  readonly 'keyshare.recovered': {
    readonly userId: string;
    readonly externalUserId: string | null;
    readonly keyIds: readonly string[];
    readonly recoveredAt: number;
  };
  /** Sent on request, to one endpoint; nobody subscribes to it. */
  readonly 'webhook.test': { readonly webhookId: string; readonly requestedAt: number };
}

export interface VerificationData {
  readonly challengeId: string;
  readonly userId: string;
  readonly result: MatchResult;
  readonly receipt?: string | null;
  readonly verifiedAt: number;
  readonly metadata: JsonObject | null;
}

export interface UserStatusData {
  readonly userId: string;
  readonly externalUserId: string | null;
  readonly reason: string | null;
  readonly changedAt: number;
}

export type WebhookEventType = keyof WebhookEventData;

type Writers = { readonly [T in WebhookEventType]: (data: WebhookEventData[T]) => JsonObject };

/** How each event's `data` is written; the names and their order are those of the integration document. */
const WRITERS: Writers = {
  'device.paired': (data) => ({
    hardware_id: data.hardwareId,
    device_name: data.deviceName,
    location: data.location,
    status: 'paired',
    paired_at: wireTime(data.pairedAt),
    cert_valid_until: wireTime(data.certificateExpiresAt),
  }),
  'enrollment.complete': (data) => ({
    user_id: data.userId,
    ...(data.palmType === 'both'
      ? { feature_ids: data.featureIds }
      : { feature_id: data.featureIds[0] ?? null }),
    palm_type: data.palmType,
    hardware_id: data.hardwareId,
    challenge_id: data.challengeId,
    enrolled_at: wireTime(data.enrolledAt),
    vendor: data.vendor,
    metadata: data.metadata,
  }),
  'verification.complete': writeVerification,
  'verification.failed': writeVerification,
  'user.suspended': (data) => ({
    user_id: data.userId,
    external_user_id: data.externalUserId,
    status: 'suspended',
    reason: data.reason,
    suspended_at: wireTime(data.changedAt),
  }),
  'user.reactivated': (data) => ({
    user_id: data.userId,
    external_user_id: data.externalUserId,
    status: 'active',
    reason: data.reason,
    reactivated_at: wireTime(data.changedAt),
  }),
  'consent.withdrawn': (data) => ({
    user_id: data.userId,
    external_user_id: data.externalUserId,
    consent_type: data.consentType,
    version: data.version,
    status: 'withdrawn',
    withdrawn_at: wireTime(data.withdrawnAt),
  }),
  'kyc.status': (data) => ({
    user_id: data.userId,
    external_user_id: data.externalUserId,
    session_id: data.sessionId,
    provider: data.provider,
    status: data.status,
    updated_at: wireTime(data.updatedAt),
  }),
  'keyshare.recovered': (data) => ({
    user_id: data.userId,
    external_user_id: data.externalUserId,
    key_ids: data.keyIds,
    recovered_at: wireTime(data.recoveredAt),
  }),
  'webhook.test': (data) => ({ webhook_id: data.webhookId, requested_at: wireTime(data.requestedAt) }),
};

function writeVerification(data: VerificationData): JsonObject {
  const { result } = data;
  return {
    challenge_id: data.challengeId,
    user_id: data.userId,
    matched: result.matched,
    scores: result.scores,
    thresholds: result.thresholds,
    match_policy: result.matchPolicy,
    latency_ms: result.latencyMs,
    vendor: result.vendor,
    verified_at: wireTime(data.verifiedAt),
    metadata: data.metadata,
    ...(data.receipt == null ? {} : { receipt: data.receipt }),
  };
}

/** Every event type an endpoint may subscribe to. */
export const webhookEventTypes = (Object.keys(WRITERS) as WebhookEventType[]).filter(
  (type) => type !== 'webhook.test',
);

export function isWebhookEventType(value: string): value is WebhookEventType {
  return (webhookEventTypes as readonly string[]).includes(value);
}

/** Whom an event is about: the user where there is one, else the device. */
function subjectOf(data: object): string | null {
  const { userId, hardwareId } = data as { readonly userId?: string; readonly hardwareId?: string };
  return userId ?? hardwareId ?? null;
}

/**
 * An event with its body fixed byte for byte, so that every retry and every endpoint gets the same bytes under the
 * same signature input.
 * @param ports.now epoch milliseconds
 */
export function buildEvent<T extends WebhookEventType>(
  eventType: T,
  tenantId: string,
  data: WebhookEventData[T],
  ports: { readonly now: number; readonly random: Random },
): WebhookEventRecord {
  const eventId = `evt_${Buffer.from(ports.random.bytes(16)).toString('hex')}`;
  const body = JSON.stringify({
    event_id: eventId,
    event_type: eventType,
    tenant_id: tenantId,
    timestamp: wireTime(ports.now),
    data: WRITERS[eventType](data),
  });
  return { eventId, tenantId, eventType, subject: subjectOf(data), body, createdAt: ports.now };
}

/** RFC 3339 in UTC with six digits of a second, as the integration document writes times. */
export function wireTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
