import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetPath } from '../../engine/asset.ts';
import { ThenarError } from '../../engine/errors.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import { type Client, run, transaction } from './client.ts';
import { Parameters } from './sql.ts';

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, lower-case hex. */
  readonly checksum: string;
}

/** The numbered migrations that ship with this version, in order. */
export function shippedMigrations(folder = assetPath('storage', 'postgres', 'migrations')): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_.*\.sql$/.test(name))
    .sort()
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return {
        number: Number(name.slice(0, 4)),
        name,
        text,
        checksum: createHash('sha256').update(text).digest('hex'),
      };
    });
}

/** Any number will do, as long as every engine takes the same. */
const MIGRATION_LOCK = 7_331_002;

/** Compares what the database says it is with what we ship. */
function pending(
  applied: readonly (readonly (string | null)[])[],
  shipped: readonly Migration[],
): Migration[] {
  applied.forEach(([number, name, checksum], index) => {
    const ours = shipped[index];
    if (ours === undefined || ours.number !== Number(number)) {
      throw new ThenarError(
        'unavailable',
        `The database is newer than this engine: it has migration ${name}, which this version does not know. ` +
          'Run the version that made it, or a later one.',
      );
    }
    if (ours.checksum !== checksum) {
      throw new ThenarError(
        'unavailable',
        `The database was made with another text of migration ${ours.name}; this engine cannot tell what it holds.`,
      );
    }
  });
  return shipped.slice(applied.length);
}

/**
 * Brings the database to this version: all missing migrations in one transaction, under a lock so that engines
 * starting together do not both apply them.
 * @throws ThenarError `unavailable` when the server is older than 15, or the database newer than this engine.
 */
export async function migrate(
  client: Client,
  clock: Clock,
  log: Log,
  shipped = shippedMigrations(),
): Promise<void> {
  const [[version] = []] = await run(client, { text: 'SHOW server_version_num', parameters: [] });
  if (Number(version) < 150_000) {
    throw new ThenarError('unavailable', 'PostgreSQL 15 or later is needed.');
  }
  await transaction(client, async (connection) => {
    // Building an index over a large table takes longer than any statement of the engine may.
    await connection.unsafe('SET LOCAL statement_timeout = 0');
    await connection.unsafe(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await connection.unsafe(
      'CREATE TABLE IF NOT EXISTS schema_migrations ' +
        '(number bigint PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL)',
    );
    const applied = await run(connection, {
      text: 'SELECT number, name, checksum FROM schema_migrations ORDER BY number',
      parameters: [],
    });
    for (const migration of pending(applied, shipped)) {
      await connection.unsafe(migration.text);
      const parameters = new Parameters();
      const row = [
        parameters.add('integer', migration.number),
        parameters.add('text', migration.name),
        parameters.add('text', migration.checksum),
        parameters.add('time', clock.now()),
      ];
      await run(connection, {
        text: `INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (${row.join(', ')})`,
        parameters: parameters.list,
      });
      log.info({ migration: migration.name }, 'migration applied');
    }
  });
}
