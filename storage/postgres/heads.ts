import type { Clock } from '../../engine/ports.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import { type Batch, firstHead, type Head, type Mark } from './batch.ts';
import { type Client, run } from './client.ts';
import { kinds } from './columns.ts';
import { readFailure } from './failures.ts';
import { Parameters } from './sql.ts';

/** What `batch_id` holds before the first group commit. */
const NO_BATCH = PLATFORM_TENANT;

/** Reads the tenant's head, making its row when there is none. Rejects as the client does. */
export async function loadHead(client: Client, tenantId: string): Promise<Head> {
  const making = new Parameters();
  const row = [
    making.add('uuid', tenantId),
    making.add('integer', firstHead.auditSeq),
    making.add('bytes', firstHead.auditHash),
    making.add('integer', firstHead.palmPosition),
    making.add('uuid', NO_BATCH),
  ];
  const reading = new Parameters();
  const read = {
    text: `SELECT audit_seq, audit_hash, palm_position, batch_id FROM tenant_heads WHERE tenant_id = ${reading.add('uuid', tenantId)}`,
    parameters: reading.list,
  };
  let [found] = await run(client, read);
  if (found === undefined) {
    await run(client, {
      text:
        'INSERT INTO tenant_heads (tenant_id, audit_seq, audit_hash, palm_position, batch_id) ' +
        `VALUES (${row.join(', ')}) ON CONFLICT DO NOTHING`,
      parameters: making.list,
    });
    [found] = await run(client, read);
  }
  const [auditSeq, auditHash, palmPosition, batchId] = found ?? [];
  return {
    auditSeq: Number(auditSeq),
    auditHash: kinds.bytes.decode(String(auditHash)) as Uint8Array,
    palmPosition: Number(palmPosition),
    batchId: String(batchId),
  };
}

/** Makes a lane's mark. Rejects as the client does. */
export async function makeMark(
  client: Client,
  clock: Clock,
  tenantId: string,
  laneId: string,
): Promise<Mark> {
  const parameters = new Parameters();
  const row = [
    parameters.add('uuid', laneId),
    parameters.add('uuid', tenantId),
    parameters.add('uuid', NO_BATCH),
    parameters.add('time', clock.now()),
  ];
  await run(client, {
    text: `INSERT INTO commit_marks (lane_id, tenant_id, batch_id, at) VALUES (${row.join(', ')})`,
    parameters: parameters.list,
  });
  return { laneId, batchId: NO_BATCH };
}

/** Forgets marks of lanes that are long gone. */
export async function sweepMarks(client: Client, before: number): Promise<void> {
  const parameters = new Parameters();
  const text = `DELETE FROM commit_marks WHERE at < ${parameters.add('time', before)}`;
  await run(client, { text, parameters: parameters.list });
}

/**
 * Finds out whether a batch committed, after its answer was lost. The row that the batch moves is moved here to
 * `fence`: that waits for a transaction still holding it, and turns away a statement that the old connection has
 * yet to execute. When the row was not where the batch expected it, the proof is looked up.
 * @returns null while the server cannot be asked.
 */
export async function resolveOutcome(
  client: Client,
  tenantId: string,
  batch: Batch,
  fence: string,
): Promise<'committed' | 'aborted' | null> {
  const { proof } = batch;
  const moving = new Parameters();
  const [set, previous] = [moving.add('uuid', fence), moving.add('uuid', proof.previous)];
  const owner = moving.add('uuid', proof.kind === 'audit' ? tenantId : proof.laneId);
  const [table, key] = proof.kind === 'audit' ? ['tenant_heads', 'tenant_id'] : ['commit_marks', 'lane_id'];
  try {
    const moved = await run(client, {
      text: `UPDATE ${table} SET batch_id = ${set} WHERE ${key} = ${owner} AND batch_id = ${previous} RETURNING 1`,
      parameters: moving.list,
    });
    if (moved.length > 0) return 'aborted';
    const asking = new Parameters();
    const text =
      proof.kind === 'audit'
        ? `SELECT 1 FROM audit WHERE tenant_id = ${asking.add('uuid', tenantId)} ` +
          `AND seq = ${asking.add('integer', proof.seq)} AND hash = ${asking.add('bytes', proof.hash)}`
        : `SELECT 1 FROM commit_marks WHERE lane_id = ${asking.add('uuid', proof.laneId)} ` +
          `AND batch_id = ${asking.add('uuid', batch.id)}`;
    const found = await run(client, { text, parameters: asking.list });
    return found.length > 0 ? 'committed' : 'aborted';
  } catch (error) {
    const failure = readFailure(error);
    if (failure.kind === 'failed' && failure.error.code === 'internal') throw failure.error;
    return null;
  }
}
