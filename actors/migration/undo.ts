/** A migration backwards, user by user. */
import { limits } from '../../engine/limits.ts';
import { reportedModel } from '../../engine/palm/models.ts';
import type { Write } from '../../engine/ports.ts';
import type {
  PalmMigrationPalmRecord,
  PalmMigrationRecord,
  PalmMigrationUserRecord,
  PalmRecord,
} from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { inLane } from '../enrolment/lane.ts';
import { indexCommitted } from '../palms/keep.ts';
import { removalEntries, removalWrites } from '../palms/remove.ts';
import type { User } from './advance.ts';
import { stillRunning } from './end.ts';

/** Puts small palms back as they were. Repeatable: one that is there already stays. */
export async function restoreUser(
  context: Context,
  record: PalmMigrationRecord,
  { tenantId, userId }: User,
  palms: readonly PalmMigrationPalmRecord[],
): Promise<void> {
  const deadline = context.clock.monotonic() + limits.migration_user_ms;
  await inLane(context, tenantId, 'restore', deadline, async () => {
    const left = await notErased(context, tenantId, userId, palms);
    if (left.length > 0) {
      await context.store.commit({
        tenantId,
        writes: [
          stillRunning(record),
          ...left.map((palm): Write => ({ insert: 'palms', row: asItWas(palm), conflict: 'ignore' })),
        ],
        audit: [
          {
            eventType: 'palm_migration_undone',
            actor: 'engine',
            userId,
            details: {
              migration_id: record.migrationId,
              feature_ids: left.map((palm) => palm.palmId),
            },
          },
        ],
      });
      context.views.forgetUser(tenantId, userId);
    }
    return { value: null, position: null };
  });
}

/** What a user had erased, by deletion or by withdrawing consent, nothing brings back. */
async function notErased(
  { store }: Context,
  tenantId: string,
  userId: string,
  palms: readonly PalmMigrationPalmRecord[],
): Promise<readonly PalmMigrationPalmRecord[]> {
  const user = await store.get('users', { tenantId, userId, status: { not: 'deleted' } });
  if (user === null) return [];
  const [last] = await store.list('erasures', {
    where: { tenantId, userId },
    order: [['requestedAt', 'desc']],
    limit: 1,
  });
  return palms.filter((palm) => last === undefined || palm.createdAt > last.requestedAt);
}

function asItWas({ migrationId: _, ...palm }: PalmMigrationPalmRecord): PalmRecord {
  return { ...palm, model: reportedModel, samples: 0 };
}

/** Takes away the templates that the migration brought, those that are left of them. */
export async function removeCopies(
  context: Context,
  record: PalmMigrationRecord,
  { tenantId, userId, palmIds }: PalmMigrationUserRecord,
): Promise<void> {
  if (palmIds.length === 0) return;
  const deadline = context.clock.monotonic() + limits.migration_user_ms;
  await inLane(context, tenantId, 'remove_copies', deadline, async () => {
    const palms = await context.store.list('palms', { where: { tenantId, palmId: { in: palmIds } } });
    if (palms.length === 0) return { value: null, position: null };
    const log = removalEntries(palms);
    const committed = await context.store.commit({
      tenantId,
      writes: [stillRunning(record), ...removalWrites(tenantId, palms)],
      palmLog: log,
      audit: [
        {
          eventType: 'palm_removed',
          actor: 'engine',
          userId,
          details: { migration_id: record.migrationId, feature_ids: palms.map((palm) => palm.palmId) },
        },
      ],
    });
    context.views.forgetUser(tenantId, userId);
    await indexCommitted(context, tenantId, log, [], committed.palmPosition);
    return { value: null, position: committed.palmPosition + log.length - 1 };
  });
}
