import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical.ts';
import type { AuditRecord } from '../records.ts';

/** What a tenant's chain starts from: the hash before its first record. */
export const chainStart: Uint8Array = new Uint8Array(32);

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

/** Why a chain does not stand at a place: a record is missing there, is there twice, or is not the one written. */
export type ChainFault = 'gap' | 'surplus' | 'hash';

/** How far a chain was walked: records that stand, from the first, and the hash of the last of them. */
export interface ChainPlace {
  readonly records: number;
  /** 32 bytes. */
  readonly head: Uint8Array;
}

/** Walks a chain from its first record, or from where a walk before it ended, so that nobody waits for all of it. */
export class ChainWalk {
  #head: Uint8Array;
  #records: number;

  constructor({ records, head }: ChainPlace = { records: 0, head: chainStart }) {
    this.#records = records;
    this.#head = head;
  }

  /** Hash of the last record that stands. */
  get head(): Uint8Array {
    return this.#head;
  }

  /** How many records stand; also the `seq` of the last one. */
  get records(): number {
    return this.#records;
  }

  /** Takes the next record; null when it stands. */
  take(record: AuditRecord): ChainFault | null {
    if (record.seq > this.#records + 1) return 'gap';
    if (record.seq <= this.#records) return 'surplus';
    const hash = chainHash(this.#head, record);
    if (!hash.equals(record.hash)) return 'hash';
    this.#head = hash;
    this.#records += 1;
    return null;
  }
}

export type ChainVerdict =
  | { readonly ok: true; readonly records: number; readonly head: Uint8Array }
  | { readonly ok: false; readonly records: number; readonly seq: number; readonly reason: ChainFault };

/**
 * Verifies the records of a chain, and nothing around them.
 * @param pages records in order of `seq`, from the first.
 * @returns how many records stand, and the first that does not.
 */
export async function verifyChain(pages: AsyncIterable<readonly AuditRecord[]>): Promise<ChainVerdict> {
  const walk = new ChainWalk();
  for await (const page of pages) {
    for (const record of page) {
      const reason = walk.take(record);
      if (reason === null) continue;
      const seq = reason === 'gap' ? walk.records + 1 : record.seq;
      return { ok: false, records: walk.records, seq, reason };
    }
  }
  return { ok: true, records: walk.records, head: walk.head };
}
