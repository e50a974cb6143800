/** Signs where the chains stand, on a schedule. */
import { signCheckpoint } from '../../engine/audit/checkpoint.ts';
import { limits } from '../../engine/limits.ts';
import type { AuditCheckpointRecord, TenantHeadRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';

type Ports = Pick<Context, 'store' | 'clock' | 'log' | 'auditKeys'>;

/** Chains that have grown enough, or long enough ago. */
export function signDueCheckpoints(ports: Ports): Promise<void> {
  const now = ports.clock.now();
  return signCheckpoints(
    ports,
    (last, head) =>
      head.auditSeq - last.seq >= limits.audit_checkpoint_records ||
      now - last.at >= limits.audit_checkpoint_interval_ms,
  );
}

/** Every chain that has grown at all: nothing is left open when the engine stops. */
export function signAllCheckpoints(ports: Ports): Promise<void> {
  return signCheckpoints(ports, () => true);
}

async function signCheckpoints(
  ports: Ports,
  isDue: (last: AuditCheckpointRecord, head: TenantHeadRecord) => boolean,
): Promise<void> {
  const { store, log } = ports;
  for await (const heads of store.scan('tenantHeads', { auditSeq: { gt: 0 } })) {
    const signed = await signedAtHead(ports, heads);
    for (const head of heads) {
      if (signed.has(head.tenantId)) continue;
      const last = await lastCheckpoint(ports, head.tenantId);
      if (last !== null && last.seq > head.auditSeq) {
        // Signing this would bless it. `thenar audit verify` says the same, for whoever reads no logs.
        const { tenantId, auditSeq } = head;
        log.error({ tenantId, auditSeq, signed: last.seq }, 'An audit chain is shorter than it was');
        continue;
      }
      if (last === null || (last.seq < head.auditSeq && isDue(last, head))) await sign(ports, head);
    }
  }
}

/** Most chains have not moved since their last checkpoint: one question for a page of them. */
async function signedAtHead(
  { store }: Ports,
  heads: readonly TenantHeadRecord[],
): Promise<ReadonlySet<string>> {
  const at = new Map(heads.map((head) => [head.tenantId, head.auditSeq]));
  const found = await store.list('auditCheckpoints', {
    where: { tenantId: { in: [...at.keys()] }, seq: { in: [...new Set(at.values())] } },
  });
  return new Set(found.filter(({ tenantId, seq }) => at.get(tenantId) === seq).map((row) => row.tenantId));
}

export async function lastCheckpoint(
  { store }: Pick<Ports, 'store'>,
  tenantId: string,
): Promise<AuditCheckpointRecord | null> {
  const [last] = await store.list('auditCheckpoints', {
    where: { tenantId },
    order: [['seq', 'desc']],
    limit: 1,
  });
  return last ?? null;
}

/** Signs a head as it was read. Without an audit record of its own: that would move the head again. */
export async function sign(ports: Ports, head: TenantHeadRecord): Promise<AuditCheckpointRecord> {
  const { store, clock, log, auditKeys } = ports;
  const { tenantId, auditSeq: seq, auditHash: hash } = head;
  const checkpoint = { tenantId, seq, hash, at: clock.now() };
  const row = { ...checkpoint, jws: await signCheckpoint(auditKeys.signer, checkpoint) };
  await store.commit({ tenantId, writes: [{ insert: 'auditCheckpoints', row, conflict: 'ignore' }] });
  // Whoever keeps the log elsewhere holds proof that no writer to the database can reach.
  log.info({ tenantId, seq, checkpoint: row.jws }, 'Audit checkpoint');
  return row;
}
