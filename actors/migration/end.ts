/** Ends of a migration and of its phases: each one commit with the audit record that says so. */
import { palmModels } from '../../engine/palm/models.ts';
import { type AuditEntry, PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import type { JsonObject, PalmMigrationRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { modelSwitch } from './model.ts';
import type { Progress } from './protocol.ts';

/** Everybody was looked at: was it enough? If so the large model takes over. */
export async function endCopying(context: Context, record: PalmMigrationRecord): Promise<Progress> {
  const counts = await outcomeCounts(context, record);
  const decided = counts.migrated + counts.needs_reenrolment;
  if (decided > 0 && counts.migrated / decided < record.minShare) {
    return fail(context, record, 'too_few_migrated', counts);
  }
  await change(
    context,
    record,
    { phase: 'settling', cursor: null, passed: 0 },
    [modelSwitch('small', 'large')],
    {
      eventType: 'palm_model_switched',
      severity: 'high',
      details: { from: 'small', to: 'large', scores: palmModels.large.scores },
    },
  );
  return 'more';
}

export async function complete(context: Context, record: PalmMigrationRecord): Promise<Progress> {
  const ended = { status: 'completed', phase: 'over', finishedAt: context.clock.now() } as const;
  await change(context, record, ended, [], {
    eventType: 'palm_model_migration_completed',
    details: await outcomeCounts(context, record),
  });
  return 'over';
}

/** The small palms are back: the small model takes over again. */
export async function endRestoring(context: Context, record: PalmMigrationRecord): Promise<Progress> {
  await change(context, record, { phase: 'removing', cursor: null }, [modelSwitch('large', 'small')], {
    eventType: 'palm_model_switched',
    severity: 'high',
    details: { from: 'large', to: 'small', scores: palmModels.small.scores },
  });
  return 'more';
}

export async function rolledBack(context: Context, record: PalmMigrationRecord): Promise<Progress> {
  const { migrationId } = record;
  const ended = { status: 'rolled_back', phase: 'over', finishedAt: context.clock.now() } as const;
  const forget: Write = { delete: 'palmMigrationPalms', where: { migrationId } };
  await change(context, record, ended, [forget], { eventType: 'palm_model_migration_rolled_back' });
  return 'over';
}

/** A forward migration that cannot go on is failed, and may be started again; a roll-back is tried until it is done. */
export async function giveUp(context: Context, reason: string): Promise<boolean> {
  const record = await context.store.get('palmMigrations', { status: 'running' });
  if (record === null || record.phase !== 'copying') return false;
  await fail(context, record, reason, await outcomeCounts(context, record));
  return true;
}

async function fail(
  context: Context,
  record: PalmMigrationRecord,
  reason: string,
  counts: JsonObject,
): Promise<Progress> {
  const ended = { status: 'failed', reason, finishedAt: context.clock.now() } as const;
  await change(context, record, ended, [], {
    eventType: 'palm_model_migration_failed',
    severity: 'warning',
    details: { reason, min_share: record.minShare, ...counts },
  });
  return 'over';
}

/** @throws ThenarError `version_conflict` when somebody else changed it */
async function change(
  { store }: Context,
  { migrationId, version }: PalmMigrationRecord,
  set: Partial<PalmMigrationRecord>,
  writes: readonly Write[],
  audit: Omit<AuditEntry, 'actor'>,
): Promise<void> {
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [
      {
        update: 'palmMigrations',
        where: { migrationId, version },
        set: { ...set, version: version + 1 },
        otherwise: 'version_conflict',
      },
      ...writes,
    ],
    audit: [{ ...audit, actor: 'engine', details: { migration_id: migrationId, ...audit.details } }],
  });
}

export async function outcomeCounts({ store }: Context, { migrationId }: PalmMigrationRecord) {
  const [migrated, needsReenrolment] = await Promise.all([
    store.count('palmMigrationUsers', { migrationId, outcome: 'migrated' }),
    store.count('palmMigrationUsers', { migrationId, outcome: 'needs_reenrolment' }),
  ]);
  return { migrated, needs_reenrolment: needsReenrolment };
}

/** For commits of a phase: nothing is done for a migration that was stopped or moved on. */
export function stillRunning({ migrationId, phase }: PalmMigrationRecord): Write {
  return {
    check: 'palmMigrations',
    where: { migrationId, phase, status: 'running' },
    otherwise: 'palm_migration_refused',
  };
}
