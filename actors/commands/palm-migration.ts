/** What an administrator asks of the palm model and its migration. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { palmModels } from '../../engine/palm/models.ts';
import { type AuditEntry, PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import type { PalmMigrationRecord } from '../../engine/records.ts';
import type { EngineApi, MigrationView, PalmModelView } from '../api.ts';
import type { Call } from '../calls.ts';
import type { Context } from '../context.ts';
import { outcomeCounts } from '../migration/end.ts';
import { wakeMigration } from '../migration/protocol.ts';
import { modelStands } from '../palms/thresholds.ts';
import { remoteMatcher } from '../palms/verification-server.ts';

export function migrationCommands(
  context: Context,
): Pick<EngineApi['palmAdmin'], 'migrate' | 'rollBack' | 'outcomes'> {
  return {
    async migrate(call, { minShare = limits.migration_share_min }) {
      const remote = remoteMatcher(context);
      const last = await lastMigration(context);
      if (last?.status === 'running') throw refused('A migration is under way.');
      if (context.deployment.palmModel === 'large') throw refused('The large palm model is active already.');
      // Now, while somebody looks, and not minutes later in the log.
      await remote.health();
      await begin(context, call, last?.status === 'failed' ? last : null, minShare);
      wakeMigration(context);
      return modelView(context);
    },
    async rollBack(call) {
      const last = await lastMigration(context);
      if (last === null || last.status === 'rolled_back')
        throw refused('There is no migration to roll back.');
      if (last.phase === 'restoring' || last.phase === 'removing') throw refused('It is being rolled back.');
      await turnBack(context, call, last);
      wakeMigration(context);
      return modelView(context);
    },
    async outcomes({ page, pageSize, outcome }) {
      const last = await lastMigration(context);
      if (last === null) return { rows: [], total: 0 };
      const where = { migrationId: last.migrationId, ...(outcome === undefined ? {} : { outcome }) };
      return context.store.page('palmMigrationUsers', {
        where,
        order: [
          ['at', 'desc'],
          ['userId', 'asc'],
        ],
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
    },
  };
}

/** A new one, or a failed one again: what it has done stays done, and who was not migrated is tried again. */
async function begin(
  context: Context,
  call: Call,
  failed: PalmMigrationRecord | null,
  minShare: number,
): Promise<void> {
  const { clock, random, store } = context;
  const now = clock.now();
  const total = await store.count('users', { palmCount: { gt: 0 }, status: { not: 'deleted' } });
  const begun = {
    status: 'running',
    phase: 'copying',
    minShare,
    total,
    cursor: null,
    passed: 0,
    reason: null,
    startedAt: now,
    startedBy: call.actor,
    finishedAt: null,
  } as const;
  const migrationId = failed?.migrationId ?? random.uuid();
  const write: Write =
    failed === null
      ? {
          insert: 'palmMigrations',
          row: { migrationId, version: 1, ...begun },
          conflict: 'palm_migration_refused',
        }
      : {
          update: 'palmMigrations',
          where: { migrationId, version: failed.version },
          set: { ...begun, version: failed.version + 1 },
          otherwise: 'palm_migration_refused',
        };
  await commit(context, [modelStands('small'), write], {
    eventType: 'palm_model_migration_started',
    severity: 'warning',
    actor: call.actor,
    details: { migration_id: migrationId, total, min_share: minShare, again: failed !== null },
  });
}

/** Where the model was switched the small palms come back first, so that nobody is without any. */
async function turnBack(context: Context, call: Call, last: PalmMigrationRecord): Promise<void> {
  const { migrationId, version } = last;
  const { palmModel } = context.deployment;
  const phase = palmModel === 'large' ? 'restoring' : 'removing';
  const set = {
    status: 'running',
    phase,
    cursor: null,
    passed: 0,
    finishedAt: null,
    version: version + 1,
  } as const;
  const write: Write = {
    update: 'palmMigrations',
    where: { migrationId, version },
    set,
    otherwise: 'version_conflict',
  };
  await commit(context, [modelStands(palmModel), write], {
    eventType: 'palm_model_migration_rollback_started',
    severity: 'warning',
    actor: call.actor,
    details: { migration_id: migrationId, status: last.status },
  });
}

async function commit({ store }: Context, writes: readonly Write[], audit: AuditEntry): Promise<void> {
  await store.commit({ tenantId: PLATFORM_TENANT, writes, audit: [audit] });
}

export async function modelView(context: Context): Promise<PalmModelView> {
  const model = context.deployment.palmModel;
  const { scores, vendor, version } = palmModels[model];
  const record = await lastMigration(context);
  return {
    model,
    scores,
    vendor,
    version,
    migration: record === null ? null : await migrationView(context, record),
  };
}

async function lastMigration({ store }: Context): Promise<PalmMigrationRecord | null> {
  const [record] = await store.list('palmMigrations', { order: [['startedAt', 'desc']], limit: 1 });
  return record ?? null;
}

async function migrationView(context: Context, record: PalmMigrationRecord): Promise<MigrationView> {
  const { migrated, needs_reenrolment: needsReenrolment } = await outcomeCounts(context, record);
  const done = migrated + needsReenrolment;
  return { ...record, total: Math.max(record.total, done), done, migrated, needsReenrolment };
}

function refused(message: string): ThenarError {
  return new ThenarError('palm_migration_refused', message);
}
