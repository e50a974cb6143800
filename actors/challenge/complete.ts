/** One completion: checks, matching or enrolment, and the commit. Runs as an effect of the challenge actor. */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { evolveChallenge } from '../../engine/identity/challenge.ts';
import type { ScanRefusal } from '../../engine/ports.ts';
import type { ChallengeRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { assertCapturable, assertScanAcceptable, isTechnicalFailure } from '../palms/rules.ts';
import { recordingRefusal } from '../palms/standing.ts';
import { challengeAudit, challengeUpdate } from './commit.ts';
import { completeEnrolment } from './enrolment.ts';
import type { ChallengeMessage, Settled } from './protocol.ts';
import { completeVerification } from './verification.ts';

export type Completion = Extract<ChallengeMessage, { type: 'complete' }>;

/**
 * Decides an open challenge with the scans of its device.
 * @throws ThenarError when nothing was decided and the challenge stands as it was
 */
export function completeChallenge(
  context: Context,
  record: ChallengeRecord,
  completion: Completion,
): Promise<Settled> {
  const { tenantId, userId, challengeId, deviceId } = record;
  const details = { challenge_id: challengeId, device_id: deviceId };
  return recordingRefusal(context, { tenantId, userId, actor: completion.actor, details }, () =>
    decideChallenge(context, record, completion),
  );
}

async function decideChallenge(
  context: Context,
  record: ChallengeRecord,
  completion: Completion,
): Promise<Settled> {
  const tenant = context.views.activeTenant(record.tenantId);
  const entry = await context.views.user(record.tenantId, { userId: record.userId });
  assertCapturable(tenant, entry.user);
  try {
    for (const scan of completion.scans) assertScanAcceptable(tenant, entry.user, scan);
    return record.type === 'verify'
      ? await completeVerification(context, record, completion, entry)
      : await completeEnrolment(context, record, completion);
  } catch (error) {
    if (isThenarError(error) && isTechnicalFailure(error.code)) {
      return attemptFailed(context, record, completion, error);
    }
    throw error;
  }
}

/** Turns a matcher's refusal of a scan into the error that the device gets. */
export function refusalError(refusal: ScanRefusal): ThenarError {
  return new ThenarError(refusal.code, refusal.message, refusal.details ? { details: refusal.details } : {});
}

/** Poor quality or the wrong palm: the challenge stays until the attempts are used up. */
async function attemptFailed(
  context: Context,
  record: ChallengeRecord,
  completion: Completion,
  error: ThenarError,
): Promise<Settled> {
  const next = evolveChallenge(record, {
    type: 'attempt_failed',
    reason: error.code,
    at: context.clock.now(),
  });
  await context.store.commit({
    tenantId: record.tenantId,
    writes: [challengeUpdate(record, next)],
    audit: [challengeAudit(next, 'challenge_attempt_failed', completion.actor, { reason: error.code })],
  });
  const refusal = new ThenarError(error.code, error.message, {
    details: {
      ...error.details,
      challenge_id: next.challengeId,
      challenge_status: next.status,
      attempts: next.attempts,
    },
  });
  return { next, refusal, tellDevice: null };
}
