/** A palm that somebody else has already. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { decide } from '../../engine/palm/decide.ts';
import type { Comparison, Hand, Scan, ThresholdSet } from '../../engine/palm/types.ts';
import { within } from '../../engine/pool/deadline.ts';
import type {
  AuditEntry,
  Candidate,
  CodeBeside,
  PreparedTemplate,
  TraceContext,
} from '../../engine/ports.ts';
import type { Context } from '../context.ts';
import type { Admission } from '../enrolment/lane.ts';

export interface Enrolling {
  readonly tenantId: string;
  readonly userId: string;
  readonly deviceId: string | null;
  readonly scans: readonly Scan[];
  readonly deadline: number;
  readonly trace?: TraceContext | null;
}

interface Duplicate {
  readonly palmId: string;
  readonly userId: string;
  readonly hand: Hand;
  readonly fused?: number;
}

/**
 * What the tenant's policy makes of a palm that somebody else has. The other user is named in the audit record alone:
 * that is not for a device, nor for whoever holds its palm up to one.
 * @throws ThenarError palm_already_enrolled when the policy is to reject
 */
export async function checkDuplicates(
  context: Context,
  enrolment: Enrolling,
  templates: readonly PreparedTemplate[],
  admission: Admission,
  thresholds: ThresholdSet = context.deployment.thresholds,
): Promise<readonly AuditEntry[]> {
  const { tenantId, userId, deviceId } = enrolment;
  const { duplicatePolicy, matchPolicy } = context.views.tenant(tenantId).config;
  if (duplicatePolicy === 'allow') return [];
  const duplicates =
    templates.length === 0
      ? await reportedDuplicates(context, enrolment)
      : await matchingDuplicates(context, enrolment, templates, admission, (comparison) =>
          decide(comparison, thresholds, matchPolicy),
        );
  if (duplicates.length === 0) return [];
  if (duplicatePolicy === 'reject') {
    throw new ThenarError('palm_already_enrolled', 'This palm is enrolled for another user already.');
  }
  const flagged = [...new Map(duplicates.map((candidate) => [candidate.palmId, candidate])).values()];
  return flagged.map((candidate) => ({
    eventType: 'palm_duplicate_flagged',
    severity: 'warning',
    actor: deviceId === null ? 'engine' : `device/${deviceId}`,
    userId,
    details: {
      other_user_id: candidate.userId,
      other_feature_id: candidate.palmId,
      palm_type: candidate.hand,
      confidence: candidate.fused ?? null,
    },
  }));
}

async function matchingDuplicates(
  context: Context,
  { tenantId, userId, deadline, trace }: Enrolling,
  templates: readonly PreparedTemplate[],
  { position, earlier, present }: Admission,
  matches: (comparison: Comparison) => boolean,
): Promise<readonly Duplicate[]> {
  const { matcher, clock } = context;
  const beside = earlier.flatMap((enrolment) =>
    enrolment.templates.map(({ hand, template: { code } }) => ({ enrolment, hand, code })),
  );
  const codes = beside.map(({ hand, code }) => ({ hand, code }));
  const search = (from: number, others: readonly CodeBeside[]) =>
    matcher.duplicates(tenantId, templates, from, others, deadline, trace);
  const others = (candidates: readonly Candidate[]): Duplicate[] =>
    candidates.filter((candidate) => candidate.userId !== userId && matches(candidate));
  const found = await search(position, codes);
  const duplicates = others(found.candidates);
  let failed = false;
  for (const [index, comparison] of found.beside.entries()) {
    if (comparison === null || !matches(comparison)) continue;
    const { enrolment, hand } = beside[index]!;
    // Whether that palm is enrolled is not known before its commit.
    const palms = await within(clock, deadline, enrolment.ended);
    const palm = palms?.find((one) => one.hand === hand);
    if (palm === undefined) failed = true;
    else duplicates.push({ palmId: palm.palmId, userId: palm.userId, hand, fused: comparison.fused });
  }
  if (!failed) return duplicates;
  // It may be of a commit that took effect all the same, or does yet; what did is found behind the log's end then.
  duplicates.push(...others((await search(await present(), [])).candidates));
  return duplicates;
}

/** Under the small model a palm is who its device says it is. */
async function reportedDuplicates(
  { store }: Context,
  { tenantId, userId, scans }: Enrolling,
): Promise<readonly Duplicate[]> {
  const names = scans.flatMap((scan) => (scan.format === 'result' ? [scan.featureId] : []));
  const others = { tenantId, reference: { in: names }, userId: { not: userId } };
  return store.list('palms', { where: others, limit: limits.shortlist });
}
