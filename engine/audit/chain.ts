import { createHash } from 'node:crypto';
import type { AuditRecord, Json } from '../records.ts';

/** What a tenant's chain starts from: the hash before its first record. */
export const chainStart: Uint8Array = new Uint8Array(32);

/**
 * JSON with the members of every object in order of their names, so that a record gives the same bytes after it
 * went through a database that reorders them (RFC 8785 in the parts that our records use).
 */
export function canonicalJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item as Json)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value as { readonly [key: string]: Json })
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/**
 * SHA-256 over the previous record's hash and this record in canonical form: changing, removing or reordering any
 * record changes every hash after it.
 * @param previous 32 bytes; {@link chainStart} for the first record, whose `seq` is 1.
 */
export function chainHash(previous: Uint8Array, record: Omit<AuditRecord, 'hash'>): Buffer {
  const { tenantId, seq, eventType, severity, actor, userId, at, details } = record;
  return createHash('sha256')
    .update(previous)
    .update(
      canonicalJson([
        tenantId.toLowerCase(),
        seq,
        eventType,
        severity,
        actor,
        userId?.toLowerCase() ?? null,
        at,
        details,
      ]),
    )
    .digest();
}

export type ChainVerdict =
  | { readonly ok: true; readonly records: number; readonly head: Uint8Array }
  | { readonly ok: false; readonly records: number; readonly seq: number; readonly reason: 'gap' | 'hash' };

/**
 * Verifies a tenant's chain from its first record.
 * @param pages records in order of `seq`.
 * @returns how many records stand, and the first that does not.
 */
export async function verifyChain(pages: AsyncIterable<readonly AuditRecord[]>): Promise<ChainVerdict> {
  let head: Uint8Array = chainStart;
  let records = 0;
  for await (const page of pages) {
    for (const record of page) {
      if (record.seq !== records + 1) return { ok: false, records, seq: records + 1, reason: 'gap' };
      const hash = chainHash(head, record);
      if (!hash.equals(record.hash)) return { ok: false, records, seq: record.seq, reason: 'hash' };
      head = hash;
      records += 1;
    }
  }
  return { ok: true, records, head };
}
