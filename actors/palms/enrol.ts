/** Enrolment: extraction in parallel, then one at a time a tenant: duplicate check, sealing, commit, indexing. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { decide } from '../../engine/palm/decide.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { sealTemplate } from '../../engine/palm/protect.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { Hand, Scan } from '../../engine/palm/types.ts';
import type {
  AuditEntry,
  IndexedTemplate,
  PalmLogEntry,
  PreparedTemplate,
  Write,
} from '../../engine/ports.ts';
import type { PalmRecord, UserRecord } from '../../engine/records.ts';
import { refusalError } from '../challenge/complete.ts';
import type { Context } from '../context.ts';
import { inLane, type JobResult } from '../enrolment/lane.ts';
import { assertModelFits } from './match.ts';
import { destroyLeftKey, removalEntries, removalWrites } from './remove.ts';
import { assertCapturable, assertScanAcceptable } from './rules.ts';
import { withStanding } from './standing.ts';

export interface EnrolPalms {
  readonly tenantId: string;
  readonly userId: string;
  readonly deviceId: string | null;
  readonly scans: readonly Scan[];
  /** Takes the place of palms of the same hands; otherwise those are a conflict. */
  readonly replace: boolean;
  /** `Clock.monotonic()` milliseconds. */
  readonly deadline: number;
  /** What else the commit holds, and what to do after it. */
  readonly also: (
    palms: readonly PalmRecord[],
    at: number,
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
  const templates = context.deployment.palmModel === 'small' ? [] : await prepare(context, enrolment);
  return inLane(context, tenantId, 'enrol', deadline, (position) =>
    enrolInLane(context, enrolment, templates, position),
  );
}

async function prepare(context: Context, enrolment: EnrolPalms): Promise<readonly PreparedTemplate[]> {
  const prepared = await context.matcher.prepare(enrolment.tenantId, enrolment.scans, enrolment.deadline);
  if (!prepared.ok) throw refusalError(prepared);
  return prepared.value;
}

async function enrolInLane(
  context: Context,
  enrolment: EnrolPalms,
  templates: readonly PreparedTemplate[],
  position: number,
): Promise<JobResult<readonly PalmRecord[]>> {
  const { tenantId, userId } = enrolment;
  const user = await readUser(context, enrolment);
  const hands = [...new Set(enrolment.scans.map((scan) => scan.palmType))];
  const current = await context.store.list('palms', { where: { tenantId, userId, hand: { in: hands } } });
  if (current.length > 0 && !enrolment.replace) {
    throw new ThenarError('palm_already_enrolled', 'This user has that palm enrolled already.', {
      details: { palm_types: current.map((palm) => palm.hand) },
    });
  }
  const flags = await checkDuplicates(context, enrolment, user, templates, position);
  const now = context.clock.now();
  await destroyLeftKey(context, tenantId, userId);
  const palms = hands.map((hand) => newPalm(context, enrolment, hand, templates, now));
  const added = await sealAll(context, enrolment, palms, templates);
  const log = [...removalEntries(current), ...added.map((addition) => addition.entry)];
  const also = enrolment.also(palms, now);
  const committed = await withStanding(context, { tenantId, userId, hands }, (check) =>
    context.store.commit({
      tenantId,
      writes: [
        check,
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
  await index(context, tenantId, log, added, committed.palmPosition);
  return { value: palms, position: last };
}

async function readUser(context: Context, enrolment: EnrolPalms): Promise<UserRecord> {
  const { tenantId, userId } = enrolment;
  const user = await context.store.get('users', { tenantId, userId, status: { not: 'deleted' } });
  if (user === null) throw new ThenarError('user_not_found', 'There is no such user.');
  const tenant = context.views.activeTenant(tenantId);
  assertCapturable(tenant, user);
  for (const scan of enrolment.scans) assertScanAcceptable(tenant, user, scan);
  return user;
}

/**
 * What the tenant's policy makes of a palm that somebody else has. The other user is named in the audit record alone:
 * that is not for a device, nor for whoever holds its palm up to one.
 * @throws ThenarError palm_already_enrolled when the policy is to reject
 */
async function checkDuplicates(
  context: Context,
  enrolment: EnrolPalms,
  user: UserRecord,
  templates: readonly PreparedTemplate[],
  position: number,
): Promise<readonly AuditEntry[]> {
  const { tenantId, deviceId, deadline } = enrolment;
  const { duplicatePolicy, matchPolicy } = context.views.tenant(tenantId).config;
  if (duplicatePolicy === 'allow' || templates.length === 0) return [];
  const found = await context.matcher.duplicates(tenantId, templates, position, deadline);
  const duplicates = found.filter(
    (candidate) =>
      candidate.userId !== user.userId && decide(candidate, context.deployment.thresholds, matchPolicy),
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
    userId: user.userId,
    details: {
      other_user_id: candidate.userId,
      other_feature_id: candidate.palmId,
      palm_type: candidate.hand,
      confidence: candidate.fused,
    },
  }));
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
    model: reported === undefined ? palmModel : 'device',
    samples: Math.min(
      limits.templates_per_palm_max,
      templates.filter((template) => template.hand === hand).length,
    ),
    reference: reported?.format === 'result' ? reported.featureId : null,
    deviceId: enrolment.deviceId,
    createdAt: now,
  };
}

interface Addition {
  readonly entry: PalmLogEntry;
  readonly template: PreparedTemplate;
}

async function sealAll(
  context: Context,
  { tenantId, userId }: EnrolPalms,
  palms: readonly PalmRecord[],
  templates: readonly PreparedTemplate[],
): Promise<readonly Addition[]> {
  const key = await context.subjectKeys.ensure(userId);
  return palms.flatMap((palm) =>
    templates
      .filter((template) => template.hand === palm.hand)
      .slice(0, limits.templates_per_palm_max)
      .map((template, sample): Addition => {
        const { palmId, hand } = palm;
        const plain = encodeTemplate(template.template);
        const sealed = sealTemplate(plain, key, { tenantId, userId, palmId, sample }, context.random);
        return { template, entry: { operation: 'add', palmId, userId, hand, sample, sealed } };
      }),
  );
}

function deviceStands({ tenantId, deviceId }: EnrolPalms): Write[] {
  if (deviceId === null) return [];
  return [{ check: 'devices', where: { tenantId, deviceId, status: 'paired' }, otherwise: 'device_revoked' }];
}

/** The acknowledged palm is found by whoever scans next. A failure here is mended by the shard's own replay. */
async function index(
  context: Context,
  tenantId: string,
  log: readonly PalmLogEntry[],
  added: readonly Addition[],
  first: number,
): Promise<void> {
  const templates = new Map(added.map(({ entry, template }) => [entry, template.template]));
  const entries = log.map(
    (entry, offset): IndexedTemplate => ({
      position: first + offset,
      operation: entry.operation,
      palmId: entry.palmId,
      userId: entry.userId,
      hand: entry.hand,
      sample: entry.sample,
      template: templates.get(entry) ?? null,
    }),
  );
  if (entries.length === 0) return;
  try {
    await context.matcher.apply(tenantId, entries);
  } catch (error) {
    context.log.warn({ tenantId, error }, 'A committed palm waits for the shard to read the log');
  }
}
