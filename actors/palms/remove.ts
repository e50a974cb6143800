/** Taking palms away: what a commit writes, and what follows until no copy of them is left. */
import type { IndexedTemplate, PalmLogEntry, Write } from '../../engine/ports.ts';
import type { ErasureRecord, PalmRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';

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

export function removalEntries(palms: readonly PalmRecord[]): PalmLogEntry[] {
  return palms.map(({ palmId, userId, hand }) => ({
    operation: 'remove',
    palmId,
    userId,
    hand,
    sample: 0,
    sealed: null,
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
  await context.subjectKeys.destroy(erasure.userId);
  if (erasure.palmIds.length > 0) await context.matcher.rewrite(erasure.tenantId, erasure.palmPosition);
  await context.store.commit({
    tenantId: erasure.tenantId,
    writes: [
      {
        update: 'erasures',
        where: { erasureId: erasure.erasureId, status: 'pending' },
        set: { status: 'complete', completedAt: context.clock.now() },
      },
    ],
    audit: [
      {
        eventType: 'user_erasure_completed',
        actor: 'engine',
        userId: erasure.userId,
        details: { erasure_id: erasure.erasureId },
      },
    ],
  });
}
