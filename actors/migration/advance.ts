/** One page of whatever the migration's phase asks for. Every page can be cut off and done again. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { reportedModel } from '../../engine/palm/models.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { PalmMigrationRecord, PalmRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { complete, endCopying, endRestoring, rolledBack } from './end.ts';
import { adoptModel } from './model.ts';
import type { Progress } from './protocol.ts';
import { removeCopies, restoreUser } from './undo.ts';
import { clearSmallPalms, migrateUser } from './user.ts';

export async function advance(context: Context): Promise<Progress> {
  const record = await context.store.get('palmMigrations', { status: 'running' });
  if (record === null) return 'over';
  switch (record.phase) {
    case 'copying':
      return copyPage(context, record);
    case 'settling':
      await adoptModel(context, 'large');
      return settlePage(context, record);
    case 'restoring':
      return restorePage(context, record);
    case 'removing':
      await adoptModel(context, 'small');
      return removePage(context, record);
    case 'over':
      throw new ThenarError('internal', 'A migration that is over says that it runs.');
    default:
      return record.phase satisfies never;
  }
}

/** Passes over all palms of the small model until one pass finds nobody new: enrolments go on meanwhile. */
async function copyPage(context: Context, record: PalmMigrationRecord): Promise<Progress> {
  const { cursor, passed } = record;
  const page = await context.store.list('palms', {
    where: { model: reportedModel, ...(cursor === null ? {} : { palmId: { gt: cursor } }) },
    order: [['palmId', 'asc']],
    limit: limits.migration_page,
  });
  const last = page.at(-1);
  if (last === undefined) {
    if (passed === 0) return endCopying(context, record);
    return moveOn(context, record, { cursor: null, passed: 0 });
  }
  const users = await undecided(context, record, page);
  await inParallel(users, (user) => migrateUser(context, record, user));
  return moveOn(context, record, { cursor: last.palmId, passed: passed + users.length });
}

/** Users of these palms who have no outcome yet, or one that this attempt is to better. */
async function undecided(
  context: Context,
  { migrationId, startedAt }: PalmMigrationRecord,
  palms: readonly PalmRecord[],
): Promise<readonly User[]> {
  const [kept, outcomes] = await Promise.all([
    context.store.list('palmMigrationPalms', {
      where: { migrationId, palmId: { in: palms.map((palm) => palm.palmId) } },
    }),
    context.store.list('palmMigrationUsers', {
      where: { migrationId, userId: { in: palms.map((palm) => palm.userId) } },
    }),
  ]);
  const keptPalms = new Set(kept.map((palm) => palm.palmId));
  const decided = new Set(
    outcomes
      .filter((each) => each.outcome === 'migrated' || each.at >= startedAt)
      .map(({ userId }) => userId),
  );
  return usersOf(palms.filter((palm) => !keptPalms.has(palm.palmId) || !decided.has(palm.userId)));
}

/** The large model decides: palms of the small one go, late ones after they have been copied. */
async function settlePage(context: Context, record: PalmMigrationRecord): Promise<Progress> {
  const page = await context.store.list('palms', {
    where: { model: reportedModel },
    order: [['palmId', 'asc']],
    limit: limits.migration_page,
  });
  if (page.length === 0) return complete(context, record);
  const late = await undecided(context, record, page);
  await inParallel(usersOf(page), (user) =>
    late.some(({ userId }) => userId === user.userId)
      ? migrateUser(context, record, user)
      : clearSmallPalms(context, record, user),
  );
  return 'more';
}

async function restorePage(context: Context, record: PalmMigrationRecord): Promise<Progress> {
  const { migrationId, cursor } = record;
  const page = await context.store.list('palmMigrationPalms', {
    where: { migrationId, ...(cursor === null ? {} : { palmId: { gt: cursor } }) },
    order: [['palmId', 'asc']],
    limit: limits.migration_page,
  });
  const last = page.at(-1);
  if (last === undefined) return endRestoring(context, record);
  await inParallel(usersOf(page), (user) => {
    const palms = page.filter((palm) => palm.userId === user.userId);
    return restoreUser(context, record, user, palms);
  });
  return moveOn(context, record, { cursor: last.palmId });
}

async function removePage(context: Context, record: PalmMigrationRecord): Promise<Progress> {
  const { migrationId, cursor } = record;
  const page = await context.store.list('palmMigrationUsers', {
    where: { migrationId, ...(cursor === null ? {} : { userId: { gt: cursor } }) },
    order: [['userId', 'asc']],
    limit: limits.migration_page,
  });
  const last = page.at(-1);
  if (last === undefined) return rolledBack(context, record);
  await inParallel(page, (outcome) => removeCopies(context, record, outcome));
  return moveOn(context, record, { cursor: last.userId });
}

export interface User {
  readonly tenantId: string;
  readonly userId: string;
}

function usersOf(palms: readonly User[]): readonly User[] {
  return [...new Map(palms.map(({ tenantId, userId }) => [userId, { tenantId, userId }])).values()];
}

async function moveOn(
  { store }: Context,
  { migrationId, version }: PalmMigrationRecord,
  set: Partial<PalmMigrationRecord>,
): Promise<Progress> {
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [
      {
        update: 'palmMigrations',
        where: { migrationId, version },
        set: { ...set, version: version + 1 },
        otherwise: 'version_conflict',
      },
    ],
  });
  return 'more';
}

/** A few at a time; the first failure ends the page, once those under way have ended. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined && failures.length === 0; item = queue.shift()) {
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: limits.migration_users_at_once }, worker));
  if (failures.length > 0) throw failures[0];
}
