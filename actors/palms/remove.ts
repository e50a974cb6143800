/** Taking palms away: what a commit writes, and what follows until no copy of them is left. */
import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { IndexedTemplate, PalmLogEntry, Write } from '../../engine/ports.ts';
import type { ErasureRecord, PalmRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { inLane } from '../enrolment/lane.ts';
import { finishLeaving } from '../faces/forget.ts';

/** The rows go, the log keeps its positions without the templates. */
export function removalWrites(tenantId: string, palms: readonly PalmRecord[]): Write[] {
  if (palms.length === 0) return [];
  const palmIds = palms.map((palm) => palm.palmId);
  return [
    { delete: 'palms', where: { tenantId, palmId: { in: palmIds } } },
    {
      update: 'palmLog',
      where: { tenantId, palmId: { in: palmIds }, operation: 'add' },
      set: { sealed: null },
    },
  ];
}

/** A roll-back of a migration must bring nothing back of a user whose palms were erased. */
export function forgetMigrated(tenantId: string, userId: string): Write {
  return { delete: 'palmMigrationPalms', where: { tenantId, userId } };
}

export function removalEntries(palms: readonly PalmRecord[]): PalmLogEntry[] {
  return palms.map(({ palmId, userId, hand }) => ({
    operation: 'remove',
    palmId,
    userId,
    hand,
    sample: 0,
    sealed: null,
    protection: null,
  }));
}

export function removalsIndexed(entries: readonly PalmLogEntry[], first: number): IndexedTemplate[] {
  return entries.map((entry, offset) => ({ ...entry, position: first + offset, template: null }));
}

/**
 * Finishes an erasure whose rows are committed: destroys the subject's key, waits until a shard file without the
 * palms is on disk, and completes the receipt. Repeatable, so that start-up runs it again for pending receipts.
 */
export async function finishErasure(context: Context, erasure: ErasureRecord): Promise<void> {
  const { tenantId, userId, palmIds } = erasure;
  const deadline = context.clock.monotonic() + limits.worker_task_ms;
  await inLane(context, tenantId, 'destroy_key', deadline, async () => {
    await destroyUnusedKey(context, tenantId, userId);
    return { value: null, position: null };
  });
  await finishLeaving(context, tenantId, userId);
  if (palmIds.length > 0) await context.matcher.rewrite(tenantId, erasure.palmPosition);
  await complete(context, erasure);
}

/** Once, whoever was first: a start and a regular job may both have taken up what was still going on. */
async function complete(context: Context, { erasureId, tenantId, userId }: ErasureRecord): Promise<void> {
  try {
    await context.store.commit({
      tenantId,
      writes: [
        {
          update: 'erasures',
          where: { erasureId, status: 'pending' },
          set: { status: 'complete', completedAt: context.clock.now() },
          otherwise: 'conflict',
        },
      ],
      audit: [
        {
          eventType: 'user_erasure_completed',
          actor: 'engine',
          userId,
          details: { erasure_id: erasureId },
        },
      ],
    });
  } catch (error) {
    if (!isThenarError(error, 'conflict')) throw error;
  }
}

/**
 * Runs in the tenant's lane, where no enrolment can come between. Somebody who gave consent again may have new palms,
 * which stand under a new key by then, see {@link destroyLeftKey}.
 */
async function destroyUnusedKey(context: Context, tenantId: string, userId: string): Promise<void> {
  if ((await context.store.count('palms', { tenantId, userId })) > 0) return;
  await context.subjectKeys.destroy(userId);
}

/**
 * Before an enrolment, in the tenant's lane: when palms of this user were erased and the key behind them is still
 * there, because a crash came between, it goes now, so that the new palms get another.
 */
export async function destroyLeftKey(context: Context, tenantId: string, userId: string): Promise<void> {
  // Somebody without a key, as nearly everybody is before the first enrolment, has none to destroy.
  if (context.subjectKeys.find(userId) === null) return;
  const pending = await context.store.count('erasures', { tenantId, userId, status: 'pending' });
  if (pending > 0) await destroyUnusedKey(context, tenantId, userId);
}
