/** Palms of the small model: the platform knows them only by the name that their device gave them. */
import type { ResultScan } from '../../engine/palm/types.ts';
import type { PalmRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';

/** The palm of that hand that goes by the reported name; null when there is none, or more than one. */
export async function reportedPalm(
  { store }: Context,
  tenantId: string,
  scan: ResultScan,
): Promise<PalmRecord | null> {
  const where = { tenantId, reference: scan.featureId, hand: scan.palmType };
  const [palm, ...more] = await store.list('palms', { where, limit: 2 });
  // A tenant that allows duplicates may have one palm under two users: then the name tells nobody apart.
  return more.length > 0 ? null : (palm ?? null);
}
