import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock, Sealer, SnapshotStore } from '../../engine/ports.ts';
import { type Client, run } from '../postgres/client.ts';
import { kinds } from '../postgres/columns.ts';
import { unavailable } from '../postgres/failures.ts';
import { Parameters } from '../postgres/sql.ts';
import { envelope } from './envelope.ts';

interface Pending {
  readonly version: number;
  readonly sealed: Buffer;
  readonly waiting: { done(): void; failed(error: unknown): void }[];
}

const SWEEP_MS = 3_600_000;

/**
 * Snapshots in an unlogged table. Puts that arrive while one statement is under way go together in the next, the
 * newest of each key only. The client is the store's and stays open.
 */
export function postgresSnapshots(client: Client, sealer: Sealer, clock: Clock): SnapshotStore {
  const { seal, open } = envelope(sealer);
  let pending = new Map<string, Pending>();
  let flushing: Promise<void> | null = null;

  const write = async (batch: readonly (readonly [string, Pending])[]): Promise<void> => {
    const parameters = new Parameters();
    const columns = [
      `${parameters.addArray(
        'text',
        batch.map(([key]) => key),
      )}::text[]`,
      `${parameters.addArray(
        'integer',
        batch.map(([, put]) => put.version),
      )}::bigint[]`,
      `${parameters.addArray(
        'bytes',
        batch.map(([, put]) => put.sealed),
      )}::bytea[]`,
    ];
    const text =
      `INSERT INTO snapshots (key, version, state, written_at) SELECT k, v, s, ${parameters.add('time', clock.now())} ` +
      `FROM unnest(${columns.join(', ')}) AS given(k, v, s) ` +
      'ON CONFLICT (key) DO UPDATE SET version = excluded.version, state = excluded.state, ' +
      'written_at = excluded.written_at WHERE excluded.version >= snapshots.version';
    await run(client, { text, parameters: parameters.list });
  };

  const flush = async (): Promise<void> => {
    while (pending.size > 0) {
      // In order of their keys, so that two nodes writing the same ones cannot wait for each other.
      const all = [...pending].sort(([a], [b]) => (a < b ? -1 : 1));
      const batch = all.slice(0, limits.snapshot_batch_max);
      pending = new Map(all.slice(limits.snapshot_batch_max));
      try {
        await write(batch);
        for (const [, put] of batch) for (const { done } of put.waiting) done();
      } catch (cause) {
        for (const [, put] of batch) for (const { failed } of put.waiting) failed(unavailable(cause));
      }
    }
    flushing = null;
  };

  let cancelSweep = (): void => {};
  const sweep = (): void => {
    const parameters = new Parameters();
    const before = parameters.add('time', clock.now() - limits.snapshot_ttl_s * 1_000);
    run(client, {
      text: `DELETE FROM snapshots WHERE written_at < ${before}`,
      parameters: parameters.list,
    }).catch(() => {});
    cancelSweep = clock.after(SWEEP_MS, sweep);
  };
  cancelSweep = clock.after(SWEEP_MS, sweep);

  return {
    async put(key, version, state) {
      const there = pending.get(key);
      if (there === undefined && pending.size >= limits.snapshot_pending_max) {
        throw new ThenarError('engine_busy', 'Too many snapshots wait to be written.');
      }
      if (there !== undefined && there.version > version) return;
      const sealed = seal(key, version, state);
      await new Promise<void>((done, failed) => {
        pending.set(key, { version, sealed, waiting: [...(there?.waiting ?? []), { done, failed }] });
        flushing ??= Promise.resolve().then(flush);
      });
    },
    async get(key) {
      const parameters = new Parameters();
      const text = `SELECT version, state FROM snapshots WHERE key = ${parameters.add('text', key)}`;
      const [row] = await run(client, { text, parameters: parameters.list }).catch((cause: unknown) => {
        throw unavailable(cause);
      });
      if (row === undefined) return null;
      const version = Number(row[0]);
      const state = open(key, version, kinds.bytes.decode(String(row[1])) as Uint8Array);
      return state === null ? null : { version, state };
    },
    async delete(key) {
      const parameters = new Parameters();
      const text = `DELETE FROM snapshots WHERE key = ${parameters.add('text', key)}`;
      await run(client, { text, parameters: parameters.list }).catch((cause: unknown) => {
        throw unavailable(cause);
      });
    },
    healthy: () =>
      run(client, { text: 'SELECT 1', parameters: [] }).then(
        () => true,
        () => false,
      ),
    async close() {
      cancelSweep();
      while (flushing !== null) await flushing;
    },
  };
}
