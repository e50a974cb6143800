import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for data directories: an embedded PostgreSQL under root runs as somebody else and must get through. */
export function benchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `thenar-${name}-`));
  chmodSync(folder, 0o711);
  return folder;
}
