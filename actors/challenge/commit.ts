/** Commits what happened to a challenge: its row by compare-and-set, and everything that goes with it. */
import { type ChallengeEvent, evolveChallenge, openStatuses } from '../../engine/identity/challenge.ts';
import type { AuditEntry, Write } from '../../engine/ports.ts';
import type { ChallengeRecord, JsonObject } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import type { Settled } from './protocol.ts';

/** Compare-and-set from one record to the next: fails the commit with `version_conflict` when somebody was first. */
export function challengeUpdate(before: ChallengeRecord, next: ChallengeRecord): Write {
  const { challengeId, tenantId, version } = before;
  const { status, attempts, reason, result, receipt, featureIds, idempotencyKey, scanDigest } = next;
  return {
    update: 'challenges',
    where: { tenantId, challengeId, version, status: { in: openStatuses } },
    set: {
      status,
      presentedAt: next.presentedAt,
      acceptedAt: next.acceptedAt,
      completedAt: next.completedAt,
      attempts,
      reason,
      result,
      receipt,
      featureIds,
      idempotencyKey,
      scanDigest,
      version: next.version,
    },
    otherwise: 'version_conflict',
  };
}

export function challengeAudit(
  next: ChallengeRecord,
  eventType: string,
  actor: string,
  details: JsonObject = {},
): AuditEntry {
  return {
    eventType,
    actor,
    userId: next.userId,
    details: { challenge_id: next.challengeId, type: next.type, device_id: next.deviceId, ...details },
  };
}

/** An end without a decision: cancelled, rejected or expired. */
export async function commitEvent(
  context: Context,
  record: ChallengeRecord,
  event: ChallengeEvent,
  how: { readonly actor: string; readonly reason: string; readonly tellDevice: string | null },
): Promise<Settled> {
  const next = evolveChallenge(record, event);
  await context.store.commit({
    tenantId: record.tenantId,
    writes: [challengeUpdate(record, next)],
    audit: [challengeAudit(next, `challenge_${next.status}`, how.actor, { reason: how.reason })],
  });
  return { next, refusal: null, tellDevice: how.tellDevice };
}
