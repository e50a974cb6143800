/** Verification of the audit chains: records against each other, against their head, and against what was signed. */
import { ChainWalk, chainStart } from '../../engine/audit/chain.ts';
import { checkpointStands } from '../../engine/audit/checkpoint.ts';
import type { AuditKey } from '../../engine/audit/key.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT, type Range, type Sealer, type Store } from '../../engine/ports.ts';
import type { AuditCheckpointRecord, AuditRecord, TenantHeadRecord } from '../../engine/records.ts';
import type { AuditFault, ChainReport, VerifiedPlace, VerifyPart, VerifyStep } from '../api.ts';
import { readAuditKeys } from './keys.ts';

interface Ports {
  readonly store: Store;
  readonly sealer: Sealer;
}

/** What the platform's chain says of tenants, collected while it is verified. */
interface Told {
  readonly created: Set<string>;
  readonly erased: Set<string>;
}

/**
 * Verifies the chains of the platform and of every tenant that it has, or says it made. It reads by pages, so that a
 * running engine goes on with its work, and up to each head as it was read, for the engine goes on writing.
 */
export async function* verifyChains(ports: Ports): AsyncGenerator<VerifyStep> {
  const keys = await readAuditKeys(ports);
  const told: Told = { created: new Set(), erased: new Set() };
  const verified = new Set<string>();
  const platform = await ports.store.get('tenantHeads', { tenantId: PLATFORM_TENANT });
  const hear = (record: AuditRecord): void => listen(told, record);
  yield* verifyTenant(ports.store, keys, PLATFORM_TENANT, platform, { hear });
  verified.add(PLATFORM_TENANT);
  for await (const heads of ports.store.scan('tenantHeads', { tenantId: { not: PLATFORM_TENANT } })) {
    for (const head of heads) {
      verified.add(head.tenantId);
      if (told.erased.has(head.tenantId)) yield { report: await erasedReport(ports.store, keys, head) };
      else yield* verifyTenant(ports.store, keys, head.tenantId, head);
    }
  }
  // A head that was removed would take its whole chain out of sight.
  for (const tenantId of told.created) {
    if (!verified.has(tenantId)) yield* verifyTenant(ports.store, keys, tenantId, null);
  }
}

/**
 * One chain, so many records a call, for whoever asks over an interface that must not be kept waiting. The place comes
 * from the caller: what it says is believed of what stands before it and of nothing after it, so a place that was made
 * up deceives nobody but who made it up.
 */
export async function verifyPart(
  ports: Ports,
  tenantId: string,
  after: VerifiedPlace | null,
): Promise<VerifyPart> {
  const keys = await readAuditKeys(ports);
  const head = await ports.store.get('tenantHeads', { tenantId });
  const until = head?.auditSeq ?? 0;
  const from = after ?? beginning;
  const enough = from.records + limits.audit_verify_records_max;
  for await (const step of verifyTenant(ports.store, keys, tenantId, head, { from })) {
    if ('report' in step || step.reached.records >= enough) return { ...step, until };
  }
  throw new Error('verification ended without a report');
}

const beginning: VerifiedPlace = { records: 0, head: chainStart, checkpoints: 0 };

function listen(told: Told, { eventType, details }: AuditRecord): void {
  const { tenant_id: tenantId } = details;
  if (typeof tenantId !== 'string') return;
  if (eventType === 'tenant_created') told.created.add(tenantId);
  if (eventType === 'tenant_deleted') told.erased.add(tenantId);
}

async function* verifyTenant(
  store: Store,
  keys: ReadonlyMap<string, AuditKey>,
  tenantId: string,
  head: TenantHeadRecord | null,
  {
    from = beginning,
    hear = () => undefined,
  }: { readonly from?: VerifiedPlace; readonly hear?: (record: AuditRecord) => void } = {},
): AsyncGenerator<VerifyStep> {
  const walk = new ChainWalk(from);
  const signed = new SignedPlaces(store, keys, tenantId, from);
  const fault = (seq: number, reason: AuditFault): VerifyStep => ({
    report: { tenantId, records: walk.records, checkpoints: signed.passed, ok: false, seq, reason },
  });
  const until = head?.auditSeq ?? 0;
  if (from.records > until) {
    // It was longer when the call before this one looked.
    yield fault(until + 1, 'truncated');
    return;
  }
  for await (const page of auditPages(store, tenantId, from.records, until)) {
    for (const record of page) {
      const reason = walk.take(record) ?? (await signed.pass(record));
      if (reason !== null) {
        yield fault(reason === 'gap' ? walk.records + 1 : record.seq, reason);
        return;
      }
      hear(record);
    }
    yield { reached: { records: walk.records, head: walk.head, checkpoints: signed.passed } };
  }
  if (walk.records < until) yield fault(walk.records + 1, 'truncated');
  else if (head !== null && Buffer.compare(walk.head, head.auditHash) !== 0) yield fault(until, 'head');
  else {
    const beyond = await beyondHead(store, tenantId, until);
    if (beyond !== null) yield fault(beyond.seq, beyond.reason);
    else yield { report: { tenantId, records: walk.records, checkpoints: signed.passed, ok: true } };
  }
}

/** What is there after the head. The engine may have written on meanwhile; then the head has moved, too. */
async function beyondHead(
  store: Store,
  tenantId: string,
  until: number,
): Promise<{ readonly seq: number; readonly reason: AuditFault } | null> {
  const after = { where: { tenantId, seq: { gt: until } }, limit: 1 };
  const [[signed], [record]] = await Promise.all([
    store.list('auditCheckpoints', { ...after, order: [['seq', 'desc']] }),
    store.list('audit', { ...after, order: [['seq', 'desc']] }),
  ]);
  if (signed === undefined && record === undefined) return null;
  const now = (await store.get('tenantHeads', { tenantId }))?.auditSeq ?? 0;
  // The head was set back: the record after it, which was signed, is not in the chain any more.
  if (signed !== undefined && signed.seq > now) return { seq: now + 1, reason: 'truncated' };
  if (record === undefined || record.seq <= now) return null;
  const [first] = await readAudit(store, tenantId, { gt: now }, 1);
  return first === undefined ? null : { seq: first.seq, reason: 'surplus' };
}

/** Of an erased chain its last checkpoint stays, and while erasing goes on, whatever is left. */
async function erasedReport(
  store: Store,
  keys: ReadonlyMap<string, AuditKey>,
  { tenantId, auditSeq }: TenantHeadRecord,
): Promise<ChainReport> {
  const last = await store.get('auditCheckpoints', { tenantId, seq: auditSeq });
  const report = { tenantId, records: 0, checkpoints: last === null ? 0 : 1 };
  if (last === null) return { ...report, ok: false, seq: auditSeq, reason: 'checkpoint' };
  if (!(await checkpointStands(keys, last)))
    return { ...report, ok: false, seq: auditSeq, reason: 'signature' };
  const [left] = await readAudit(store, tenantId, { gt: 0 }, 1);
  const going = (await store.get('tenants', { tenantId }))?.erasingSince ?? null;
  if (left !== undefined && going === null) return { ...report, ok: false, seq: left.seq, reason: 'surplus' };
  return { ...report, ok: true, erased: true };
}

/** The checkpoints of a chain, read alongside its records. */
class SignedPlaces {
  /** Checkpoints that stand. */
  passed: number;
  readonly #store: Store;
  readonly #keys: ReadonlyMap<string, AuditKey>;
  readonly #tenantId: string;
  #page: AuditCheckpointRecord[] = [];
  #after: number;
  #over = false;

  constructor(
    store: Store,
    keys: ReadonlyMap<string, AuditKey>,
    tenantId: string,
    { records, checkpoints }: VerifiedPlace,
  ) {
    this.#store = store;
    this.#keys = keys;
    this.#tenantId = tenantId;
    this.#after = records;
    this.passed = checkpoints;
  }

  /** Holds a record that stands in its chain against the checkpoint of its place. */
  async pass(record: AuditRecord): Promise<'checkpoint' | 'signature' | null> {
    if (this.#page.length === 0 && !this.#over) await this.#read();
    const [next] = this.#page;
    if (next === undefined || next.seq !== record.seq) return null;
    this.#page.shift();
    if (!(await checkpointStands(this.#keys, next))) return 'signature';
    if (Buffer.compare(next.hash, record.hash) !== 0) return 'checkpoint';
    this.passed += 1;
    return null;
  }

  async #read(): Promise<void> {
    this.#page = await this.#store.list('auditCheckpoints', {
      where: { tenantId: this.#tenantId, seq: { gt: this.#after } },
      order: [['seq', 'asc']],
      limit: limits.read_page_max,
    });
    this.#over = this.#page.length < limits.read_page_max;
    this.#after = this.#page.at(-1)?.seq ?? this.#after;
  }
}

/**
 * By windows of places and not of rows: a row that was put in beside another of the same place then cannot hide
 * behind the end of a page. A window without a row is followed by the next row there is, if any.
 */
async function* auditPages(
  store: Store,
  tenantId: string,
  from: number,
  until: number,
): AsyncIterable<AuditRecord[]> {
  const window = limits.read_page_max / 2;
  for (let after = from; after < until; after += window) {
    const upTo = Math.min(after + window, until);
    const page = await readAudit(store, tenantId, { gt: after, lte: upTo }, limits.read_page_max);
    if (page.length > 0) {
      yield page;
      continue;
    }
    yield await readAudit(store, tenantId, { gt: upTo, lte: until }, 1);
    return;
  }
}

function readAudit(
  store: Store,
  tenantId: string,
  seq: Range<number>,
  limit: number,
): Promise<AuditRecord[]> {
  return store.list('audit', { where: { tenantId, seq }, order: [['seq', 'asc']], limit });
}
