/** 1:1: the claimed user's templates against the scan. */
import { ThenarError } from '../../engine/errors.ts';
import { evolveChallenge } from '../../engine/identity/challenge.ts';
import type { MatchResult, Scan } from '../../engine/palm/types.ts';
import type { Span, Write } from '../../engine/ports.ts';
import { documentOf } from '../../engine/receipts/document.ts';
import type { ChallengeRecord, PalmRecord } from '../../engine/records.ts';
import { inSpan } from '../../engine/trace/spans.ts';
import type { Context } from '../context.ts';
import { assertModelFits, measureScore, reportedResult, verificationResult } from '../palms/match.ts';
import { withStanding } from '../palms/standing.ts';
import { verifyPalms } from '../palms/verify.ts';
import type { UserEntry } from '../views.ts';
import { emissions, emit, nothingEmitted } from '../webhook/emit.ts';
import { challengeAudit, challengeUpdate } from './commit.ts';
import { type Completion, refusalError } from './complete.ts';
import type { Settled } from './protocol.ts';

/** A non-match is a result and ends the challenge `failed`; a technical failure throws. */
export async function completeVerification(
  context: Context,
  record: ChallengeRecord,
  completion: Completion,
  { palms }: UserEntry,
): Promise<Settled> {
  const scan = onlyScan(record, completion.scans);
  assertModelFits(context, scan);
  const enrolled = palms.filter((palm) => palm.hand === scan.palmType);
  if (enrolled.length === 0) {
    throw new ThenarError('palm_not_enrolled', `This user has no ${scan.palmType} palm enrolled.`);
  }
  const result = await match(context, record, scan, enrolled, completion);
  measureScore(context, 'verify', result);
  const deciding = context.traces.start('decision', 'internal', completion.trace);
  return inSpan(deciding, (span) => settleResult(context, record, completion, { scan, result, span }));
}

interface Matched {
  readonly scan: Scan;
  readonly result: MatchResult;
  readonly span: Span;
}

/** The commit of what was found, with all that follows from it. */
async function settleResult(
  context: Context,
  record: ChallengeRecord,
  completion: Completion,
  { scan, result, span }: Matched,
): Promise<Settled> {
  span.set('thenar.matched', result.matched);
  const at = context.clock.now();
  const document = result.matched ? documentOf(record.metadata) : null;
  // Signed before the commit that decides, so that what is acknowledged is whole.
  const receipt =
    document === null
      ? null
      : await context.receipts.sign(context.random.uuid(), record, document, result, at);
  const next = evolveChallenge(record, {
    type: 'decided',
    at,
    result,
    receipt,
    idempotencyKey: completion.idempotencyKey,
    scanDigest: completion.scanDigest,
  });
  const { challengeId, userId, metadata } = record;
  const data = { challengeId, userId, result, receipt, verifiedAt: at, metadata };
  const emission = emissions(
    emit(context, record.tenantId, 'verification.complete', data, span.context),
    result.matched
      ? nothingEmitted
      : emit(context, record.tenantId, 'verification.failed', data, span.context),
  );
  const { tenantId } = record;
  // The decision was made on what memory knew; the commit holds it against what is true.
  await withStanding(context, { tenantId, userId, hands: [scan.palmType] }, (check) =>
    context.store.commit({
      tenantId,
      writes: [
        check,
        ...stillThere(record, result.featureId),
        challengeUpdate(record, next),
        ...emission.writes,
      ],
      audit: [
        challengeAudit(next, result.matched ? 'palm_verified' : 'palm_not_matched', completion.actor, {
          confidence: result.confidence,
          threshold_version: result.thresholdVersion,
        }),
      ],
    }),
  );
  emission.wake();
  return { next, refusal: null, tellDevice: null };
}

async function match(
  context: Context,
  record: ChallengeRecord,
  scan: Scan,
  enrolled: readonly PalmRecord[],
  completion: Completion,
): Promise<MatchResult> {
  const tenant = context.views.tenant(record.tenantId);
  const startedAt = context.clock.monotonic();
  if (scan.format === 'result') {
    const palm = enrolled.find((candidate) => candidate.reference === scan.featureId);
    return reportedResult(context, tenant, scan, palm?.palmId ?? null, startedAt);
  }
  const verified = await verifyPalms(context, tenant, enrolled, scan, completion);
  if (!verified.ok) throw refusalError(verified);
  const { candidate, vendor } = verified.value;
  return { ...verificationResult(context, tenant, candidate, startedAt), vendor };
}

function stillThere(record: ChallengeRecord, palmId: string | null): Write[] {
  const { tenantId, userId, deviceId } = record;
  return [
    { check: 'devices', where: { deviceId, tenantId, status: 'paired' }, otherwise: 'device_revoked' },
    ...(palmId === null
      ? []
      : [{ check: 'palms', where: { palmId, tenantId, userId }, otherwise: 'palm_not_enrolled' } as const]),
  ];
}

function onlyScan(record: ChallengeRecord, scans: readonly Scan[]): Scan {
  const [scan, ...more] = scans;
  if (scan === undefined || more.length > 0) {
    throw new ThenarError('validation_failed', 'A verification takes exactly one scan.', {
      details: { fields: [{ field: 'scan', message: 'exactly one' }] },
    });
  }
  const { palmType } = record;
  if (palmType !== null && palmType !== 'both' && palmType !== scan.palmType) {
    throw new ThenarError('palm_type_mismatch', `This challenge asks for the ${palmType} palm.`, {
      details: { expected: [palmType], received: [scan.palmType] },
    });
  }
  return scan;
}
