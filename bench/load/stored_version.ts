import { createHash } from 'node:crypto';
import { shippedMigrations } from '../../storage/postgres/migrate.ts';

/**
 * Names what a prepared data directory was written for: eight hex digits of the migrations that ship with this
 * version. A directory of another version is not opened, but prepared anew beside it.
 */
export function storedVersion(): string {
  const checksums = shippedMigrations().map((migration) => migration.checksum);
  return createHash('sha256').update(checksums.join()).digest('hex').slice(0, 8);
}
