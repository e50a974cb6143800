import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Batch } from './batch.ts';
import { type Client, run } from './client.ts';
import { type Failure, readFailure } from './failures.ts';

/** `at` is the index of the unit that failed; null when no single one did. */
export type Sent =
  | { readonly ok: true }
  | { readonly ok: false; readonly failure: Failure; readonly at: number | null };

/** How much longer than the server's own limit a statement may take before its connection counts as lost. */
const SILENCE_GRACE_MS = 2_000;

async function sendAlone(client: Client, batch: Batch): Promise<Sent> {
  const [unit] = batch.units;
  if (unit === undefined) return { ok: true };
  try {
    await run(client, unit);
    return { ok: true };
  } catch (error) {
    return { ok: false, failure: readFailure(error), at: 0 };
  }
}

/**
 * BEGIN, all units and COMMIT are sent without waiting for answers in between. After an error the server ignores
 * the rest and COMMIT rolls back, so that the first failed answer tells everything.
 */
async function sendTransaction(client: Client, batch: Batch): Promise<Sent> {
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
      connection.release();
      resolve(first === null ? { ok: true } : { ok: false, ...first });
    };
    answers.forEach((answer, index) => {
      answer.then(done, (error: unknown) => {
        const failure = readFailure(error);
        const at = index === 0 || index > batch.units.length ? null : index - 1;
        // Queries that the client still kept back are never answered once the connection is lost.
        if (failure.kind === 'unknown' || failure.kind === 'away') {
          if (!lost) connection.abandon();
          lost = true;
          resolve({ ok: false, failure, at: null });
        }
        first ??= { failure, at };
        done();
      });
    });
  });
}

/** Sends a group commit; a server that stays silent counts as a lost connection. */
export async function send(client: Client, clock: Clock, batch: Batch): Promise<Sent> {
  let cancel = (): void => {};
  const silence = new Promise<Sent>((resolve) => {
    cancel = clock.after(limits.statement_timeout_ms + SILENCE_GRACE_MS, () => {
      resolve({
        ok: false,
        failure: { kind: 'unknown', cause: new Error('the server is silent') },
        at: null,
      });
    });
  });
  const sent = batch.units.length === 1 ? sendAlone(client, batch) : sendTransaction(client, batch);
  try {
    return await Promise.race([sent, silence]);
  } finally {
    cancel();
  }
}
