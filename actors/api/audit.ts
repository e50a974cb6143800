/** The audit log of a tenant, and of the platform. */
import type { ChainFault, ChainPlace } from '../../engine/audit/chain.ts';
import type { AuditRecord, AuditSeverity } from '../../engine/records.ts';
import type { Page, PageQuery, Sorting } from './common.ts';

export interface SearchAudit extends PageQuery, Sorting<'at' | 'eventType' | 'severity' | 'actor'> {
  readonly eventType?: string;
  readonly userId?: string;
  readonly actor?: string;
  readonly severity?: AuditSeverity;
  /** Epoch milliseconds; default: twelve months ago. */
  readonly from?: number;
  /** Excluded. */
  readonly until?: number;
}

export interface AuditApi {
  /** @param tenantId the caller's, or `PLATFORM_TENANT` for what was done to the deployment itself */
  search(tenantId: string, query: SearchAudit): Promise<Page<AuditRecord>>;
  /**
   * Verifies up to `limits.audit_verify_records_max` records of a chain and what was signed of them; at the end of the
   * chain, its head and what is beyond it too.
   * @param tenantId as with `search`
   * @param after where the call before this one ended; null begins at the first record
   */
  verify(tenantId: string, after: VerifiedPlace | null): Promise<VerifyPart>;
}

/**
 * - `gap`: the record is missing; `hash`: it, or its place, was changed; `surplus`: it was put in beside the chain.
 * - `truncated`: the chain ends before it, though it was written.
 * - `head`: the head does not name it; `checkpoint`: it is not the one that was signed.
 * - `signature`: the checkpoint of this place was signed by none of our keys, or changed since.
 */
export type AuditFault = ChainFault | 'truncated' | 'head' | 'checkpoint' | 'signature';

/** What verification found of one tenant's chain; `seq` is the place. */
export type ChainReport = {
  readonly tenantId: string;
  /** Records that stand, from the first. */
  readonly records: number;
  readonly checkpoints: number;
} & (
  | {
      readonly ok: true /** Erased with its tenant, as the platform's chain records. */;
      readonly erased?: true;
    }
  | { readonly ok: false; readonly seq: number; readonly reason: AuditFault }
);

/** How far verification of a chain has come: what stands so far, and the hash to go on from. */
export interface VerifiedPlace extends ChainPlace {
  readonly checkpoints: number;
}

/** A report, or a sign of life of a chain that takes long. */
export type VerifyStep = { readonly report: ChainReport } | { readonly reached: VerifiedPlace };

/** The same of one call. `until` is the place of the chain's last record when the call began. */
export type VerifyPart = VerifyStep & { readonly until: number };
