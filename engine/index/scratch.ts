import { createHash, randomUUID } from 'node:crypto';
import { closeSync, lstatSync, mkdirSync, openSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ThenarError } from '../errors.ts';

const MEMORY_FOLDER = '/dev/shm';

/**
 * Places for plain graph files: hnswlib reads and writes only files that it can seek in. Memory-backed where the
 * system has that, so that plain vectors reach no disk; the folder is ours alone and each file is unlinked as soon
 * as it is open.
 */
export class Scratch {
  readonly #folders: readonly string[];

  /** @param owner what tells this engine's files from another's on the same machine: its data folder */
  constructor(owner: string) {
    const name = `thenar-${createHash('sha256').update(owner).digest('hex').slice(0, 16)}`;
    this.#folders = [MEMORY_FOLDER, tmpdir()].map((parent) => join(parent, name));
  }

  /** Removes what a killed engine left. */
  sweep(): void {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  /**
   * Creates an empty file, mode 0600, where `bytes` fit.
   * @throws ThenarError `unavailable` when they fit nowhere
   */
  create(bytes: number): string {
    for (const folder of this.#folders) {
      if (!usable(folder, bytes)) continue;
      const path = join(folder, randomUUID());
      closeSync(openSync(path, 'wx', 0o600));
      return path;
    }
    throw new ThenarError('unavailable', 'There is no room for a temporary index file.');
  }
}

function usable(folder: string, bytes: number): boolean {
  try {
    mkdirSync(folder, { recursive: false, mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
  }
  try {
    // Somebody else may have made a folder of this name in a place that all may write to.
    const stat = lstatSync(folder);
    if (!stat.isDirectory() || (process.getuid !== undefined && stat.uid !== process.getuid())) return false;
    if ((stat.mode & 0o077) !== 0) return false;
    const space = statfsSync(folder);
    return space.bavail * space.bsize > bytes * 1.05 + 1024 * 1024;
  } catch {
    return false;
  }
}
