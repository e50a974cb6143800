import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ThenarError } from '../engine/errors.ts';
import type { Random } from '../engine/ports.ts';

export const MASTER_KEY_BYTES = 32;

/** Makes what is in the folder durable: a new name is on disk only when its folder is. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Written under another name, synced, and linked into place, so that a key file is whole or not there at all. */
function make(path: string, folder: string, random: Random): void {
  const making = `${path}.${random.uuid()}`;
  const handle = openSync(making, 'wx', 0o600);
  try {
    writeSync(handle, `${Buffer.from(random.bytes(MASTER_KEY_BYTES)).toString('base64')}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    linkSync(making, path);
  } catch (error) {
    // Somebody made one in the same moment: theirs is the key.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(making, { force: true });
  }
  syncFolder(folder);
}

/**
 * The deployment's master key, 32 bytes: the configured one, else `<dataDir>/master.key` (base64, mode 0600), which
 * is made at the first start.
 * @throws ThenarError `unavailable` when the key or its file is not usable.
 */
export function loadMasterKey(dataDir: string, configured: Uint8Array | null, random: Random): Uint8Array {
  if (configured !== null) {
    if (configured.length === MASTER_KEY_BYTES) return configured;
    throw new ThenarError('unavailable', `The master key must have ${MASTER_KEY_BYTES} bytes.`);
  }
  const path = join(dataDir, 'master.key');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o711 });
    if (!existsSync(path)) make(path, dataDir, random);
    const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
    if (key.length === MASTER_KEY_BYTES) return key;
  } catch (cause) {
    throw new ThenarError(
      'unavailable',
      `The master key ${path} cannot be used: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
  throw new ThenarError(
    'unavailable',
    `The master key ${path} is damaged: it does not hold 32 bytes in base64.`,
  );
}
