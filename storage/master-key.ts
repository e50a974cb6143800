import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
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

function unusable(path: string, reason: string, cause?: unknown): ThenarError {
  return new ThenarError('unavailable', `The master key ${path} ${reason}.`, { cause });
}

/** Base64 of 32 bytes. @throws ThenarError `unavailable` */
export function readMasterKey(path: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw unusable(path, `cannot be used: ${(cause as Error).message}`, cause);
  }
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === MASTER_KEY_BYTES) return key;
  throw unusable(path, 'is damaged: it does not hold 32 bytes in base64');
}

function readOrMake(dataDir: string, name: string, random: Random): Uint8Array {
  const path = join(dataDir, name);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o711 });
    if (!existsSync(path)) make(path, dataDir, random);
  } catch (cause) {
    throw unusable(path, `cannot be used: ${(cause as Error).message}`, cause);
  }
  return readMasterKey(path);
}

const CURRENT = 'master.key';
/** There from when a change to it begins until the change is over. */
const NEXT = 'master.key.next';

/**
 * The deployment's master key, 32 bytes: the configured one, else `<dataDir>/master.key` (base64, mode 0600), which
 * is made at the first start. While a change of it was interrupted there are two, and either may be the one.
 * @throws ThenarError `unavailable` when the key or its file is not usable.
 */
export function loadMasterKeys(
  dataDir: string,
  configured: Uint8Array | null,
  random: Random,
): readonly [Uint8Array, ...Uint8Array[]] {
  if (configured !== null) {
    if (configured.length === MASTER_KEY_BYTES) return [configured];
    throw new ThenarError('unavailable', `The master key must have ${MASTER_KEY_BYTES} bytes.`);
  }
  const current = readOrMake(dataDir, CURRENT, random);
  const next = join(dataDir, NEXT);
  return existsSync(next) ? [current, readMasterKey(next)] : [current];
}

/** The key that is to take the place of the one in the data dir; the same until it did. */
export function nextMasterKey(dataDir: string, random: Random): Uint8Array {
  return readOrMake(dataDir, NEXT, random);
}

/** The change to `next` is over: it is the key in the data dir from here on, or there is none where it is kept elsewhere. */
export function keepMasterKey(dataDir: string, elsewhere: boolean): void {
  if (elsewhere) {
    for (const name of [CURRENT, NEXT]) rmSync(join(dataDir, name), { force: true });
  } else if (existsSync(join(dataDir, NEXT))) {
    renameSync(join(dataDir, NEXT), join(dataDir, CURRENT));
  }
  syncFolder(dataDir);
}
