/** Enrolment: extraction, then in the tenant's lane: duplicate check, sealing, commit, indexing. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { reportedModel } from '../../engine/palm/models.ts';
import type { Hand, PalmModel, Scan } from '../../engine/palm/types.ts';
import type { AuditEntry, PreparedTemplate, Span, TraceContext, Write } from '../../engine/ports.ts';
import type { PalmRecord, UserRecord } from '../../engine/records.ts';
import { inSpan } from '../../engine/trace/spans.ts';
import { refusalError } from '../challenge/complete.ts';
import type { Context } from '../context.ts';
import { type Admission, besideOthers, inLane, type JobResult } from '../enrolment/lane.ts';
import { protectionStands } from '../tenant/rotation.ts';
import { checkDuplicates } from './duplicates.ts';
import { indexCommitted, sealTemplates } from './keep.ts';
import { assertModelFits } from './match.ts';
import { destroyLeftKey, removalEntries, removalWrites } from './remove.ts';
import { assertCapturable, assertScanAcceptable } from './rules.ts';
import { withStanding } from './standing.ts';
import { modelStands } from './thresholds.ts';

export interface EnrolPalms {
  readonly tenantId: string;
  readonly userId: string;
  readonly deviceId: string | null;
  readonly scans: readonly Scan[];
  /** Takes the place of palms of the same hands; otherwise those are a conflict. */
  readonly replace: boolean;
  /** `Clock.monotonic()` milliseconds. */
  readonly deadline: number;
  /** Under which its work hangs. */
  readonly trace?: TraceContext | null;
  /** What else the commit holds, and what to do after it. */
  readonly also: (
    palms: readonly PalmRecord[],
    at: number,
    trace: TraceContext | null,
  ) => {
    readonly writes: readonly Write[];
    readonly audit: readonly AuditEntry[];
    readonly committed: () => void;
  };
}

/**
 * All or nothing; resolves once committed and indexed, with the new palms.
 * @throws ThenarError palm_already_enrolled, the matcher's refusals, or what a check inside the commit found
 */
export async function enrolPalms(context: Context, enrolment: EnrolPalms): Promise<readonly PalmRecord[]> {
  const { tenantId, scans, deadline } = enrolment;
  for (const scan of scans) assertModelFits(context, scan);
  if (scans.length > limits.scans_per_enrolment_max) {
    throw new ThenarError(
      'validation_failed',
      `An enrolment takes at most ${limits.scans_per_enrolment_max} scans.`,
    );
  }
  const templates = modelOf(enrolment) === 'small' ? [] : await prepare(context, enrolment);
  const work = (admission: Admission) => enrolInLane(context, enrolment, templates, admission);
  // What a device reports is looked up by name, and that finds nobody whose enrolment has not ended.
  if (enrolment.replace || templates.length === 0) {
    return inLane(context, tenantId, 'enrol', deadline, (position) =>
      work({ position, earlier: [], present: async () => position }),
    );
  }
  return besideOthers(context, tenantId, { userId: enrolment.userId, templates }, deadline, work);
}

async function prepare(context: Context, enrolment: EnrolPalms): Promise<readonly PreparedTemplate[]> {
  const { tenantId, scans, deadline, trace } = enrolment;
  const prepared = await context.matcher.prepare(tenantId, scans, deadline, trace);
  if (!prepared.ok) throw refusalError(prepared);
  return prepared.value;
}

async function enrolInLane(
  context: Context,
  enrolment: EnrolPalms,
  templates: readonly PreparedTemplate[],
  admission: Admission,
): Promise<JobResult<readonly PalmRecord[]>> {
  const { tenantId, userId } = enrolment;
  // Both may be behind; the commit holds on to them.
  const { user, palms: known } = await context.views.user(tenantId, { userId });
  assertUsable(context, enrolment, user);
  const hands = [...new Set(enrolment.scans.map((scan) => scan.palmType))];
  const current = known.filter((palm) => hands.includes(palm.hand));
  if (current.length > 0 && !enrolment.replace) {
    throw new ThenarError('palm_already_enrolled', 'This user has that palm enrolled already.', {
      details: { palm_types: current.map((palm) => palm.hand) },
    });
  }
  const flags = await checkDuplicates(context, enrolment, templates, admission);
  const deciding = context.traces.start('decision', 'internal', enrolment.trace ?? null);
  return inSpan(deciding, (span) =>
    commitEnrolment(context, enrolment, { templates, hands, known, current, flags, span }),
  );
}

interface Admitted {
  readonly templates: readonly PreparedTemplate[];
  readonly hands: readonly Hand[];
  /** All palms that the user has, and those that these take the place of. */
  readonly known: readonly PalmRecord[];
  readonly current: readonly PalmRecord[];
  readonly flags: readonly AuditEntry[];
  readonly span: Span;
}

async function commitEnrolment(
  context: Context,
  enrolment: EnrolPalms,
  { templates, hands, known, current, flags, span }: Admitted,
): Promise<JobResult<readonly PalmRecord[]>> {
  const { tenantId, userId } = enrolment;
  const now = context.clock.now();
  await destroyLeftKey(context, tenantId, userId);
  const palms = hands.map((hand) => newPalm(context, enrolment, hand, templates, now));
  const added = await sealTemplates(context, enrolment, palms, templates);
  const log = [...removalEntries(current), ...added.map((addition) => addition.entry)];
  const also = enrolment.also(palms, now, span.context);
  const committed = await withStanding(
    context,
    { tenantId, userId, hands, palmCount: known.length },
    (check) =>
      context.store.commit({
        tenantId,
        writes: [
          check,
          modelStands(modelOf(enrolment)),
          protectionStands(context.views.tenant(tenantId)),
          ...deviceStands(enrolment),
          ...removalWrites(tenantId, current),
          ...palms.map((palm): Write => ({ insert: 'palms', row: palm })),
          ...also.writes,
        ],
        audit: [...also.audit, ...flags],
        palmLog: log,
      }),
  );
  context.views.forgetUser(tenantId, userId);
  also.committed();
  const last = log.length === 0 ? null : committed.palmPosition + log.length - 1;
  await indexCommitted(context, tenantId, log, added, committed.palmPosition);
  return { value: palms, position: last };
}

function assertUsable(context: Context, enrolment: EnrolPalms, user: UserRecord): void {
  const tenant = context.views.activeTenant(enrolment.tenantId);
  assertCapturable(tenant, user);
  for (const scan of enrolment.scans) assertScanAcceptable(tenant, user, scan);
}

/** What the scans were judged under, whatever the model is by now. */
function modelOf({ scans }: EnrolPalms): PalmModel {
  return scans.some((scan) => scan.format === 'result') ? 'small' : 'large';
}

function newPalm(
  context: Context,
  enrolment: EnrolPalms,
  hand: Hand,
  templates: readonly PreparedTemplate[],
  now: number,
): PalmRecord {
  const reported = enrolment.scans.find((scan) => scan.palmType === hand && scan.format === 'result');
  return {
    palmId: context.random.uuid(),
    tenantId: enrolment.tenantId,
    userId: enrolment.userId,
    hand,
    model: reported === undefined ? palmModel : reportedModel,
    samples: Math.min(
      limits.templates_per_palm_max,
      templates.filter((template) => template.hand === hand).length,
    ),
    reference: reported?.format === 'result' ? reported.featureId : null,
    deviceId: enrolment.deviceId,
    createdAt: now,
  };
}

function deviceStands({ tenantId, deviceId }: EnrolPalms): Write[] {
  if (deviceId === null) return [];
  return [{ check: 'devices', where: { tenantId, deviceId, status: 'paired' }, otherwise: 'device_revoked' }];
}
