/** What an administrator asks about the palm model and its migration. */
import { palmModels } from '../../engine/palm/models.ts';
import type { PalmMigrationRecord } from '../../engine/records.ts';
import type { MigrationView, PalmModelView } from '../api.ts';
import type { Context } from '../context.ts';

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

export async function lastMigration({ store }: Context): Promise<PalmMigrationRecord | null> {
  const [record] = await store.list('palmMigrations', { order: [['startedAt', 'desc']], limit: 1 });
  return record ?? null;
}

async function migrationView({ store }: Context, record: PalmMigrationRecord): Promise<MigrationView> {
  const { migrationId } = record;
  const [migrated, needsReenrolment] = await Promise.all([
    store.count('palmMigrationUsers', { migrationId, outcome: 'migrated' }),
    store.count('palmMigrationUsers', { migrationId, outcome: 'needs_reenrolment' }),
  ]);
  const done = migrated + needsReenrolment;
  return { ...record, total: Math.max(record.total, done), done, migrated, needsReenrolment };
}
