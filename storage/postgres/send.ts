import type { Clock } from '../../engine/ports.ts';
import type { Batch } from './batch.ts';
import { type Client, run } from './client.ts';
import { type Failure, readFailure } from './failures.ts';
import type { Statement } from './sql.ts';

/** `at` is the index of the unit that failed; null when no single one did. */
export type Sent =
  | { readonly ok: true }
  | { readonly ok: false; readonly failure: Failure; readonly at: number | null };

async function sendAlone(client: Client, unit: Statement): Promise<Sent> {
  try {
    await run(client, unit);
    return { ok: true };
  } catch (error) {
    return { ok: false, failure: readFailure(error), at: 0 };
  }
}

/**
 * BEGIN, all units and COMMIT are sent without waiting for answers in between. After an error the server ignores
 * the rest and COMMIT rolls back, so that the first failed answer tells everything. A server that stays silent counts
 * as a lost connection: the transaction may have committed.
 */
async function sendTransaction(client: Client, clock: Clock, batch: Batch): Promise<Sent> {
  let connection: Awaited<ReturnType<Client['reserve']>>;
  try {
    connection = await client.reserve();
  } catch (error) {
    const failure = readFailure(error);
    // Nothing was sent yet, whatever became of the connection.
    return {
      ok: false,
      failure: failure.kind === 'unknown' ? { ...failure, kind: 'away' } : failure,
      at: null,
    };
  }
  const answers = [
    connection.unsafe('BEGIN').then(() => {}),
    ...batch.units.map((unit) => run(connection, unit).then(() => {})),
    connection.unsafe('COMMIT').then(() => {}),
  ];
  return new Promise((resolve) => {
    let first: { failure: Failure; at: number | null } | null = null;
    let lost = false;
    let settled = 0;
    const done = (): void => {
      settled += 1;
      if (settled < answers.length || lost) return;
      cancel();
      connection.release();
      resolve(first === null ? { ok: true } : { ok: false, ...first });
    };
    // Queries that the client still kept back are never answered once the connection is lost.
    const lose = (failure: Failure): void => {
      if (!lost) connection.abandon();
      lost = true;
      cancel();
      resolve({ ok: false, failure, at: null });
    };
    const cancel = clock.after(client.silence.ms, () =>
      lose({ kind: 'unknown', cause: new Error('the server is silent') }),
    );
    answers.forEach((answer, index) => {
      answer.then(done, (error: unknown) => {
        const failure = readFailure(error);
        const at = index === 0 || index > batch.units.length ? null : index - 1;
        if (failure.kind === 'unknown' || failure.kind === 'away') lose(failure);
        first ??= { failure, at };
        done();
      });
    });
  });
}

/** Sends a group commit: one statement is a transaction of its own. */
export async function send(client: Client, clock: Clock, batch: Batch): Promise<Sent> {
  const [unit] = batch.units;
  if (unit === undefined) return { ok: true };
  return batch.units.length === 1 ? sendAlone(client, unit) : sendTransaction(client, clock, batch);
}
