import { verifyChain } from '../../engine/audit/chain.ts';
import { limits } from '../../engine/limits.ts';
import type { Store } from '../../engine/ports.ts';
import type { AuditRecord } from '../../engine/records.ts';

/** What verification found of one tenant's chain. */
export type ChainReport = { readonly tenantId: string; readonly records: number } & (
  | { readonly ok: true }
  | { readonly ok: false; readonly seq: number; readonly reason: string }
);

/** Verifies the audit chain of every tenant, the platform's included, and that none ends before its head. */
export async function verifyChains(store: Store): Promise<ChainReport[]> {
  const reports: ChainReport[] = [];
  for await (const heads of store.scan('tenantHeads', {})) {
    for (const { tenantId, auditSeq, auditHash } of heads) {
      const verdict = await verifyChain(auditPages(store, tenantId, auditSeq));
      const { records } = verdict;
      if (!verdict.ok)
        reports.push({ tenantId, records, ok: false, seq: verdict.seq, reason: verdict.reason });
      else if (records !== auditSeq || Buffer.compare(verdict.head, auditHash) !== 0) {
        reports.push({ tenantId, records, ok: false, seq: records + 1, reason: 'head' });
      } else reports.push({ tenantId, records, ok: true });
    }
  }
  return reports;
}

/** Up to the head as it was read: a running engine goes on writing. */
async function* auditPages(store: Store, tenantId: string, until: number): AsyncIterable<AuditRecord[]> {
  let after = 0;
  while (after < until) {
    const page = await store.list('audit', {
      where: { tenantId, seq: { gt: after } },
      order: [['seq', 'asc']],
      limit: Math.min(limits.read_page_max, until - after),
    });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.seq;
  }
}
