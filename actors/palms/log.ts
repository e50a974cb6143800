/** Reads the template log for a shard that replays it. */
import { openTemplate } from '../../engine/palm/protect.ts';
import { fromStoredForm, rerotation } from '../../engine/palm/protection.ts';
import { decodeTemplate } from '../../engine/palm/template.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import type { IndexedTemplate, Store, SubjectKeys } from '../../engine/ports.ts';
import type { PalmLogRecord } from '../../engine/records.ts';
import { namedProtection, type Protections } from '../tenant/rotation.ts';

/** What a log is read with. */
export interface LogReading {
  readonly store: Store;
  readonly keys: SubjectKeys;
  readonly protectionsOf: (tenantId: string) => Promise<Protections>;
}

/**
 * @param as id of the protection that whoever asks holds the tenant's templates under
 * @returns entries after `position` in order, at most `limit`; erased ones without their template, and all others as
 *   `as` has them
 * @throws ThenarError `unavailable` when the tenant's templates were re-issued meanwhile, and nothing is under `as` any
 *   more
 */
export async function palmLogAfter(
  { store, keys, protectionsOf }: LogReading,
  tenantId: string,
  position: number,
  limit: number,
  as: string,
): Promise<IndexedTemplate[]> {
  const rows = await store.list('palmLog', {
    where: { tenantId, position: { gt: position } },
    order: [['position', 'asc']],
    limit,
  });
  if (rows.length === 0) return [];
  const open = templateReader(keys, await protectionsOf(tenantId), as);
  return rows.map((row) => ({
    position: row.position,
    operation: row.operation,
    palmId: row.palmId,
    userId: row.userId,
    hand: row.hand,
    sample: row.sample,
    template: open(row),
  }));
}

/**
 * Reads rows of either protection as one of them has them. Null for an erased one.
 * @param as id of a protection; null: the current one
 * @throws ThenarError `unavailable`, see `namedProtection`
 */
export function templateReader(
  keys: SubjectKeys,
  protections: Protections,
  as: string | null = null,
): (row: PalmLogRecord) => PalmTemplate | null {
  const to = namedProtection(protections, as);
  return (row) => {
    const key = row.sealed === null ? null : keys.find(row.userId);
    if (row.sealed === null || key === null) return null;
    const plain = openTemplate(row.sealed, key, row);
    // Null: stored before there were masks, under the tenant's first rotation alone, which a re-issue takes along.
    const from = namedProtection(protections, row.protection);
    const { vector, code } =
      row.protection === null ? decodeTemplate(plain) : fromStoredForm(plain, from, row);
    return { vector: from === to ? vector : rerotation(from, to).apply(vector), code };
  };
}
