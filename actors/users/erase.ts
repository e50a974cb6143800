/** Erasing a user, or a user's palms only: the rows in one commit, then keys and files (`finishErasure`). */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { IndexedTemplate, PalmLogEntry, Write } from '../../engine/ports.ts';
import type { ErasureRecord, PalmRecord } from '../../engine/records.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { inLane } from '../enrolment/lane.ts';
import {
  finishErasure,
  forgetMigrated,
  removalEntries,
  removalsIndexed,
  removalWrites,
} from '../palms/remove.ts';
import { cancelChallenges } from './challenges.ts';
import { type Changed, changeUser, type UserChange } from './change.ts';
import { holdings } from './holdings.ts';

/** Takes everything personal away in one commit. What stays names the person by a bare identifier only. */
export async function eraseUser(context: Context, call: TenantCall, userId: string): Promise<ErasureRecord> {
  const { tenantId } = call;
  const { erasure } = await eraseInLane(context, call, userId, async (removal, now) => {
    const { palmPosition } = await context.store.commit({
      tenantId,
      writes: [
        {
          update: 'users',
          where: { tenantId, userId, status: { not: 'deleted' } },
          set: {
            status: 'deleted',
            externalUserId: null,
            email: null,
            mobile: null,
            name: null,
            metadata: {},
            deletedAt: now,
          },
          otherwise: 'user_not_found',
        },
        ...removal.writes,
        ...holdings.flatMap((holding) => holding.erase(tenantId, userId, now)),
      ],
      palmLog: removal.log,
      audit: [
        {
          eventType: 'user_deleted',
          severity: 'warning',
          actor: call.actor,
          userId,
          details: { erasure_id: removal.erasure.erasureId, palms: removal.erasure.palmIds.length },
        },
      ],
    });
    context.views.forgetUser(tenantId, userId);
    return { value: null, palmPosition };
  });
  cancelChallenges(context, tenantId, userId, 'user_deleted');
  return erasure;
}

/** What a commit that erases palms must hold. */
interface Removal {
  readonly erasure: ErasureRecord;
  readonly writes: readonly Write[];
  readonly log: readonly PalmLogEntry[];
}

/**
 * Changes a user and erases the palms in the same commit.
 * @returns the change with its receipt, which completes by itself
 */
export async function changeAndErasePalms<T>(
  context: Context,
  call: TenantCall,
  userId: string,
  decide: (...args: Parameters<Parameters<typeof changeUser<T>>[3]>) => Promise<UserChange<T>>,
): Promise<{ readonly changed: Changed<T>; readonly erasure: ErasureRecord }> {
  const { erasure, value } = await eraseInLane(context, call, userId, async (removal) => {
    const changed = await changeUser<T>(context, call.tenantId, userId, async (user, now) => {
      const change = await decide(user, now);
      const { erasureId, palmIds } = removal.erasure;
      return {
        ...change,
        writes: [...(change.writes ?? []), ...removal.writes],
        palmLog: removal.log,
        audit: [
          ...change.audit,
          {
            eventType: 'palms_erased',
            severity: 'warning',
            actor: call.actor,
            userId,
            details: { erasure_id: erasureId, palms: palmIds.length },
          },
        ],
      };
    });
    if (changed.committed === null) throw new ThenarError('internal', 'An erasure was not committed.');
    return { value: changed, palmPosition: changed.committed.palmPosition };
  });
  return { changed: value, erasure };
}

async function eraseInLane<T>(
  context: Context,
  call: TenantCall,
  userId: string,
  commit: (removal: Removal, now: number) => Promise<{ readonly value: T; readonly palmPosition: number }>,
): Promise<{ readonly erasure: ErasureRecord; readonly value: T }> {
  const { tenantId } = call;
  const erased = await inLane(context, tenantId, 'erase', call.deadline, async (position) => {
    const { store } = context;
    const palms = await store.list('palms', { where: { tenantId, userId }, limit: limits.read_page_max });
    const now = context.clock.now();
    const log = removalEntries(palms);
    const erasure = receipt(context, tenantId, userId, palms, position + log.length, now);
    const writes: Write[] = [
      ...removalWrites(tenantId, palms),
      forgetMigrated(tenantId, userId),
      { insert: 'erasures', row: erasure },
    ];
    const { value, palmPosition } = await commit({ erasure, writes, log }, now);
    await unindex(context, tenantId, removalsIndexed(log, palmPosition));
    const last = log.length === 0 ? null : palmPosition + log.length - 1;
    return { value: { erasure, value }, position: last };
  });
  finishErasure(context, erased.erasure).catch((error: unknown) => {
    context.log.warn({ erasureId: erased.erasure.erasureId, error }, 'An erasure will be finished later');
  });
  return erased;
}

function receipt(
  context: Context,
  tenantId: string,
  userId: string,
  palms: readonly PalmRecord[],
  palmPosition: number,
  now: number,
): ErasureRecord {
  return {
    erasureId: context.random.uuid(),
    tenantId,
    userId,
    palmIds: palms.map((palm) => palm.palmId),
    status: 'pending',
    palmPosition,
    requestedAt: now,
    completedAt: null,
  };
}

/** A committed erasure is acknowledged whatever the index says: the shard reads the log and catches up. */
async function unindex(
  context: Context,
  tenantId: string,
  removed: readonly IndexedTemplate[],
): Promise<void> {
  if (removed.length === 0) return;
  try {
    await context.matcher.apply(tenantId, removed);
  } catch (error) {
    context.log.warn({ tenantId, error }, 'An erased palm waits for the shard to read the log');
  }
}
