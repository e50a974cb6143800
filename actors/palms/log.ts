/** Reads the template log for a shard that replays it. */
import { openTemplate } from '../../engine/palm/protect.ts';
import { decodeTemplate } from '../../engine/palm/template.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import type { IndexedTemplate, Store, SubjectKeys } from '../../engine/ports.ts';
import type { PalmLogRecord } from '../../engine/records.ts';

/** @returns entries after `position` in order, at most `limit`; erased ones without their template. */
export async function palmLogAfter(
  store: Store,
  keys: SubjectKeys,
  tenantId: string,
  position: number,
  limit: number,
): Promise<IndexedTemplate[]> {
  const rows = await store.list('palmLog', {
    where: { tenantId, position: { gt: position } },
    order: [['position', 'asc']],
    limit,
  });
  return rows.map((row) => ({
    position: row.position,
    operation: row.operation,
    palmId: row.palmId,
    userId: row.userId,
    hand: row.hand,
    sample: row.sample,
    template: open(keys, row),
  }));
}

function open(keys: SubjectKeys, row: PalmLogRecord): PalmTemplate | null {
  const key = row.sealed === null ? null : keys.find(row.userId);
  return row.sealed === null || key === null ? null : decodeTemplate(openTemplate(row.sealed, key, row));
}
