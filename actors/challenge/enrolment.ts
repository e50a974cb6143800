/** An enrolment challenge: all scans become palms, or none. */
import { isThenarError, type ThenarError } from '../../engine/errors.ts';
import { evolveChallenge } from '../../engine/identity/challenge.ts';
import type { ChallengeRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { enrolPalms } from '../palms/enrol.ts';
import { enrolmentEvent } from '../palms/event.ts';
import { assertHandsShown } from '../palms/rules.ts';
import { challengeAudit, challengeUpdate } from './commit.ts';
import type { Completion } from './complete.ts';
import type { Settled } from './protocol.ts';

export async function completeEnrolment(
  context: Context,
  record: ChallengeRecord,
  completion: Completion,
): Promise<Settled> {
  assertHandsShown(record.palmType ?? 'both', completion.scans);
  const { idempotencyKey, scanDigest } = completion;
  let next = record;
  try {
    await enrolPalms(context, {
      tenantId: record.tenantId,
      userId: record.userId,
      deviceId: record.deviceId,
      scans: completion.scans,
      replace: record.replace,
      deadline: completion.deadline,
      trace: completion.trace,
      also(palms, at, trace) {
        const featureIds = palms.map((palm) => palm.palmId);
        next = evolveChallenge(record, { type: 'enrolled', at, featureIds, idempotencyKey, scanDigest });
        const emission = enrolmentEvent(context, {
          tenantId: record.tenantId,
          userId: record.userId,
          hardwareId: record.hardwareId,
          challengeId: record.challengeId,
          metadata: record.metadata,
          palms,
          at,
          trace,
        });
        return {
          writes: [challengeUpdate(record, next), ...emission.writes],
          audit: [challengeAudit(next, 'palm_enrolled', completion.actor, { feature_ids: featureIds })],
          committed: emission.wake,
        };
      },
    });
    return { next, refusal: null, tellDevice: null };
  } catch (error) {
    if (isThenarError(error, 'palm_already_enrolled')) return duplicate(context, record, completion, error);
    throw error;
  }
}

/** A duplicate palm ends the enrolment: trying again with the same hand cannot help. */
async function duplicate(
  context: Context,
  record: ChallengeRecord,
  completion: Completion,
  error: ThenarError,
): Promise<Settled> {
  const next = evolveChallenge(record, {
    type: 'failed',
    at: context.clock.now(),
    reason: error.code,
    idempotencyKey: completion.idempotencyKey,
    scanDigest: completion.scanDigest,
  });
  await context.store.commit({
    tenantId: record.tenantId,
    writes: [challengeUpdate(record, next)],
    audit: [
      {
        ...challengeAudit(next, 'palm_enrolment_refused', completion.actor, { reason: error.code }),
        severity: 'warning',
      },
    ],
  });
  return { next, refusal: error, tellDevice: null };
}
