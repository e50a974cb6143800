import { chainHash, chainStart } from '../../engine/audit/chain.ts';
import type { Commit, CommitResult, PalmLogEntry, Sealers } from '../../engine/ports.ts';
import type { AuditRecord, PalmLogRecord } from '../../engine/records.ts';
import { group, type Piece, pieceOf, type Unit, unitOf } from './writes.ts';

/** The heads of a tenant's gapless logs, as the last group commit that moved them left them. */
export interface Head {
  readonly auditSeq: number;
  readonly auditHash: Uint8Array;
  readonly palmPosition: number;
  readonly batchId: string;
}

/** The row that names the last group commit without audit records, see `Proof`. */
export interface Mark {
  readonly laneId: string;
  readonly batchId: string;
}

/**
 * How the outcome of a COMMIT is told when the connection went before its answer. A group commit with audit
 * records is proven by the last of them: its hash stands at its place, or it does not. One without moves the
 * lane's own mark. Either row is changed only from the batch before, so that it also fences: once the resolver
 * has moved it, a statement that is still on its way to the server is refused.
 */
export type Proof =
  | { readonly kind: 'audit'; readonly previous: string; readonly seq: number; readonly hash: Uint8Array }
  | { readonly kind: 'mark'; readonly laneId: string; readonly previous: string };

/** A group commit ready to send. */
export interface Batch {
  readonly id: string;
  readonly units: readonly Unit[];
  /** Index of the unit's command; null for the units that belong to the whole batch. */
  readonly commandOf: readonly (number | null)[];
  readonly results: readonly CommitResult[];
  readonly head: Head | null;
  readonly proof: Proof;
}

export const firstHead: Omit<Head, 'batchId'> = { auditSeq: 0, auditHash: chainStart, palmPosition: 0 };

export function movesHead(commits: readonly Commit[]): boolean {
  return commits.some((commit) => (commit.audit?.length ?? 0) > 0 || (commit.palmLog?.length ?? 0) > 0);
}

function palmRow(tenantId: string, position: number, entry: PalmLogEntry): PalmLogRecord {
  return { tenantId, position, ...entry };
}

function headPiece(tenantId: string, batchId: string, from: Head, to: Omit<Head, 'batchId'>): Piece {
  return {
    table: 'tenant_heads',
    insertConflict: null,
    refusal: 'stale',
    compile: (parameters) =>
      `UPDATE tenant_heads SET audit_seq = ${parameters.add('integer', to.auditSeq)}, ` +
      `audit_hash = ${parameters.add('bytes', to.auditHash)}, ` +
      `palm_position = ${parameters.add('integer', to.palmPosition)}, ` +
      `batch_id = ${parameters.add('uuid', batchId)} ` +
      `WHERE tenant_id = ${parameters.add('uuid', tenantId)} AND batch_id = ${parameters.add('uuid', from.batchId)}`,
  };
}

function markPiece(mark: Mark, batchId: string, at: number): Piece {
  return {
    table: 'commit_marks',
    insertConflict: null,
    refusal: 'stale',
    compile: (parameters) =>
      `UPDATE commit_marks SET batch_id = ${parameters.add('uuid', batchId)}, at = ${parameters.add('time', at)} ` +
      `WHERE lane_id = ${parameters.add('uuid', mark.laneId)} AND batch_id = ${parameters.add('uuid', mark.batchId)}`,
  };
}

/** Audit records and palm log rows of a batch, numbered and chained from the head. */
function chain(tenantId: string, commits: readonly Commit[], head: Head, at: number) {
  let { auditSeq, palmPosition } = head;
  let auditHash = head.auditHash;
  const audit: AuditRecord[] = [];
  const palms: PalmLogRecord[] = [];
  const results: CommitResult[] = [];
  for (const commit of commits) {
    results.push({ at, palmPosition: palmPosition + 1 });
    for (const entry of commit.palmLog ?? []) {
      palmPosition += 1;
      palms.push(palmRow(tenantId, palmPosition, entry));
    }
    for (const entry of commit.audit ?? []) {
      auditSeq += 1;
      const record = {
        tenantId,
        seq: auditSeq,
        eventType: entry.eventType,
        severity: entry.severity ?? ('info' as const),
        actor: entry.actor,
        userId: entry.userId ?? null,
        at,
        details: entry.details ?? {},
      };
      auditHash = chainHash(auditHash, record);
      audit.push({ ...record, hash: auditHash });
    }
  }
  return { audit, palms, results, to: { auditSeq, auditHash, palmPosition } };
}

/**
 * Builds a group commit. With one command all of it goes into one statement where its writes allow, which then is
 * its own transaction; with several each command has statements of its own, so that a failure names its command.
 */
export function buildBatch(
  tenantId: string,
  commits: readonly Commit[],
  id: string,
  at: number,
  head: Head | null,
  mark: Mark | null,
  sealers: Sealers,
): Batch {
  const finish: Piece[] = [];
  let results: readonly CommitResult[] = commits.map(() => ({
    at,
    palmPosition: (head?.palmPosition ?? 0) + 1,
  }));
  let next: Head | null = head;
  let proof: Proof | null = null;
  if (head !== null && movesHead(commits)) {
    const linked = chain(tenantId, commits, head, at);
    results = linked.results;
    next = { ...linked.to, batchId: id };
    finish.push(...linked.palms.map((row) => pieceOf({ insert: 'palmLog', row })));
    finish.push(...linked.audit.map((row) => pieceOf({ insert: 'audit', row })));
    finish.push(headPiece(tenantId, id, head, linked.to));
    const last = linked.audit.at(-1);
    if (last !== undefined) proof = { kind: 'audit', previous: head.batchId, seq: last.seq, hash: last.hash };
  }
  if (proof === null) {
    if (mark === null) throw new Error('a batch without audit records needs its mark');
    finish.push(markPiece(mark, id, at));
    proof = { kind: 'mark', laneId: mark.laneId, previous: mark.batchId };
  }

  const units: Unit[] = [];
  const commandOf: (number | null)[] = [];
  const add = (pieces: readonly Piece[], command: number | null): void => {
    for (const part of group(pieces)) {
      units.push(unitOf(part, sealers));
      commandOf.push(command);
    }
  };
  const [only] = commits;
  if (only !== undefined && commits.length === 1) {
    add([...only.writes.map(pieceOf), ...finish], 0);
  } else {
    commits.forEach((commit, index) => {
      add(commit.writes.map(pieceOf), index);
    });
    add(finish, null);
  }
  return { id, units, commandOf, results, head: next, proof };
}
