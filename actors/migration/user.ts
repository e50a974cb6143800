/** One user's palms from the small to the large model: all of it, outcome included, is one commit. */
import { isThenarError, type ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { palmModels, reportedModel } from '../../engine/palm/models.ts';
import type { Hand, Scan } from '../../engine/palm/types.ts';
import type { AuditEntry, PreparedTemplate, Write } from '../../engine/ports.ts';
import type { PalmMigrationRecord, PalmMigrationUserRecord, PalmRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { inLane, type JobResult } from '../enrolment/lane.ts';
import { checkDuplicates } from '../palms/duplicates.ts';
import { indexCommitted, sealTemplates } from '../palms/keep.ts';
import { destroyLeftKey } from '../palms/remove.ts';
import { thresholdsInForce } from '../palms/thresholds.ts';
import { remoteMatcher } from '../palms/verification-server.ts';
import { protectionStands } from '../tenant/rotation.ts';
import type { User } from './advance.ts';
import { stillRunning } from './end.ts';

/** What could be had of a user's palms; `reason` says why some are missing. */
interface Copies {
  readonly scans: readonly Scan[];
  readonly templates: readonly PreparedTemplate[];
  readonly reason: string | null;
}

const nothing = (reason: string): Copies => ({ scans: [], templates: [], reason });

/** @throws ThenarError when nothing was decided about this user and it must be tried again */
export async function migrateUser(context: Context, record: PalmMigrationRecord, user: User): Promise<void> {
  const { tenantId, userId } = user;
  const deadline = context.clock.monotonic() + limits.migration_user_ms;
  const before = await smallPalms(context, user);
  const copies = await fetchCopies(context, user, before, deadline);
  await inLane(context, tenantId, 'migrate', deadline, async (position) => {
    const palms = await context.store.list('palms', { where: { tenantId, userId } });
    const small = palms.filter((palm) => palm.model === reportedModel);
    // Enrolled anew while its templates were fetched: the next pass finds the palm that took its place.
    if (small.length === 0 || small.some((palm) => !before.some(({ palmId }) => palmId === palm.palmId))) {
      return { value: null, position: null };
    }
    return decideInLane({ context, record, user, palms, small, copies, position, deadline });
  });
}

/** The large model decides by now: palms of the small one, copied already, go. */
export async function clearSmallPalms(
  context: Context,
  record: PalmMigrationRecord,
  { tenantId, userId }: User,
): Promise<void> {
  const deadline = context.clock.monotonic() + limits.migration_user_ms;
  await inLane(context, tenantId, 'clear', deadline, async () => {
    await context.store.commit({
      tenantId,
      writes: [stillRunning(record), { delete: 'palms', where: { tenantId, userId, model: reportedModel } }],
    });
    context.views.forgetUser(tenantId, userId);
    return { value: null, position: null };
  });
}

function smallPalms({ store }: Context, { tenantId, userId }: User): Promise<PalmRecord[]> {
  return store.list('palms', { where: { tenantId, userId, model: reportedModel } });
}

/** Asks the verification server for every palm; a template that cannot be used is as good as none. */
async function fetchCopies(
  context: Context,
  { tenantId }: User,
  palms: readonly PalmRecord[],
  deadline: number,
): Promise<Copies> {
  const remote = remoteMatcher(context);
  const scans: Scan[] = [];
  let reason: string | null = null;
  for (const { reference, hand } of palms) {
    const found = reference === null ? null : await remote.feature(tenantId, reference, hand);
    if (found === null) reason = 'feature_unknown';
    for (const data of found ?? [])
      scans.push({ format: 'template', model: palmModel, data, palmType: hand });
  }
  if (scans.length === 0) return nothing(reason ?? 'feature_unknown');
  const prepared = await context.matcher.prepare(tenantId, scans, deadline);
  return prepared.ok ? { scans, templates: prepared.value, reason } : nothing(prepared.code);
}

interface Step {
  readonly context: Context;
  readonly record: PalmMigrationRecord;
  readonly user: User;
  /** All that the user has. */
  readonly palms: readonly PalmRecord[];
  readonly small: readonly PalmRecord[];
  readonly copies: Copies;
  readonly position: number;
  readonly deadline: number;
}

async function decideInLane(step: Step): Promise<JobResult<null>> {
  const { context, record, user, palms, small, copies, position } = step;
  const { tenantId, userId } = user;
  const known = await context.store.get('palmMigrationUsers', { migrationId: record.migrationId, userId });
  const has = new Set(palms.filter((palm) => palm.model !== reportedModel).map((palm) => palm.hand));
  const wanted = copies.templates.filter((template) => !has.has(template.hand));
  const { templates, reason, flags } = await admissible(step, wanted, position);
  const now = context.clock.now();
  const made = handsOf(templates).map((hand) => newPalm(step, hand, templates, now));
  // A crash may have left a key that an erasure was to destroy; new templates must not stand under it.
  if (made.length > 0) await destroyLeftKey(context, tenantId, userId);
  const added = await sealTemplates(context, user, made, templates);
  const covered = new Set([...has, ...made.map((palm) => palm.hand)]);
  const missing = small.filter((palm) => !covered.has(palm.hand));
  const outcome: PalmMigrationUserRecord = {
    migrationId: record.migrationId,
    userId,
    tenantId,
    outcome: missing.length === 0 ? 'migrated' : 'needs_reenrolment',
    reason: missing.length === 0 ? null : (reason ?? 'feature_unknown'),
    palmIds: [...(known?.palmIds ?? []), ...made.map((palm) => palm.palmId)],
    at: now,
  };
  const log = added.map(({ entry }) => entry);
  const committed = await context.store.commit({
    tenantId,
    writes: [
      ...guards(step, made.length > 0),
      protectionStands(context.views.tenant(tenantId)),
      ...kept(step),
      ...made.map(inserted),
      { upsert: 'palmMigrationUsers', row: outcome },
    ],
    palmLog: log,
    audit: [...flags, audited(outcome)],
  });
  context.views.forgetUser(tenantId, userId);
  await indexCommitted(context, tenantId, log, added, committed.palmPosition);
  return { value: null, position: log.length === 0 ? null : committed.palmPosition + log.length - 1 };
}

/** Templates that may be stored for this user, and if not, why not. */
async function admissible(step: Step, templates: readonly PreparedTemplate[], position: number) {
  const { context, user, copies, deadline } = step;
  const none = (reason: string | null) => ({ templates: [], reason, flags: [] as readonly AuditEntry[] });
  if (templates.length === 0) return none(copies.reason);
  const { tenantId, userId } = user;
  const refusal = await refusalOf(step);
  if (refusal !== null) return none(refusal);
  const thresholds = await thresholdsInForce(context.store, 'large');
  const enrolling = { tenantId, userId, deviceId: null, scans: copies.scans, deadline };
  try {
    const admission = { position, earlier: [], present: async () => position };
    const flags = await checkDuplicates(context, enrolling, templates, admission, thresholds);
    return { templates, reason: copies.reason, flags };
  } catch (error) {
    if (isRefusal(error)) return none(error.code);
    throw error;
  }
}

function isRefusal(error: unknown): error is ThenarError {
  return isThenarError(error, 'palm_already_enrolled');
}

/** Nothing biometric is stored for somebody who has not agreed where the tenant asks for consent. */
async function refusalOf({ context, user }: Step): Promise<string | null> {
  const row = await context.store.get('users', { ...user, status: { not: 'deleted' } });
  if (row === null) return 'user_not_found';
  const { consentRequired } = context.views.tenant(user.tenantId).config;
  return consentRequired && row.consentStatus !== 'granted' ? 'consent_required' : null;
}

/** Nothing is committed for a migration that was stopped, and no template of a user who meanwhile is gone or said no. */
function guards({ context, record, user }: Step, stores: boolean): Write[] {
  if (!stores) return [stillRunning(record)];
  const { consentRequired } = context.views.tenant(user.tenantId).config;
  const consent = consentRequired ? ({ consentStatus: 'granted' } as const) : {};
  const where = { ...user, status: { not: 'deleted' }, ...consent } as const;
  return [stillRunning(record), { check: 'users', where, otherwise: 'version_conflict' }];
}

/** The small palms as they were; once the large model decides they are taken away. */
function kept({ record, small }: Step): Write[] {
  const { migrationId, phase } = record;
  const copies = small.map(({ palmId, tenantId, userId, hand, reference, deviceId, createdAt }): Write => {
    const row = {
      palmId,
      migrationId,
      tenantId,
      userId,
      hand,
      reference: reference ?? '',
      deviceId,
      createdAt,
    };
    return { insert: 'palmMigrationPalms', row, conflict: 'ignore' };
  });
  if (phase !== 'settling') return copies;
  const gone = { tenantId: small[0]!.tenantId, palmId: { in: small.map((palm) => palm.palmId) } };
  return [...copies, { delete: 'palms', where: gone }];
}

function inserted(palm: PalmRecord): Write {
  return { insert: 'palms', row: palm };
}

function newPalm(step: Step, hand: Hand, templates: readonly PreparedTemplate[], now: number): PalmRecord {
  const { context, user, small } = step;
  const samples = templates.filter((template) => template.hand === hand).length;
  return {
    palmId: context.random.uuid(),
    ...user,
    hand,
    model: palmModels.large.version,
    samples: Math.min(limits.templates_per_palm_max, samples),
    reference: null,
    deviceId: small.find((palm) => palm.hand === hand)?.deviceId ?? null,
    createdAt: now,
  };
}

function handsOf(templates: readonly PreparedTemplate[]): readonly Hand[] {
  return [...new Set(templates.map((template) => template.hand))];
}

function audited({ outcome, reason, userId, palmIds, migrationId }: PalmMigrationUserRecord): AuditEntry {
  return {
    eventType: outcome === 'migrated' ? 'palm_migrated' : 'palm_needs_reenrolment',
    actor: 'engine',
    userId,
    details: { migration_id: migrationId, feature_ids: palmIds, reason },
  };
}
