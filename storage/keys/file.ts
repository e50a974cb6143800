import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Random, SubjectKeys } from '../../engine/ports.ts';
import { syncFolder } from '../master-key.ts';
import { keyId, subKey } from '../seal.ts';
import { SLOT_BYTES, slotSequence, slotState, slotWho, unwrapSlot, whoOf, wrapSlot } from './slot.ts';

const MAGIC = Buffer.from('thenar subject keys 1\n');
const KEY_BYTES = 32;
/** Memory for slots grows by this many at a time. */
const GROWTH_SLOTS = 4_096;

function unusable(path: string, reason: string, cause?: unknown): ThenarError {
  return new ThenarError('unavailable', `The key file ${path} cannot be used: ${reason}.`, { cause });
}

/** The first slot's place holds the magic and the id of the wrapping key. */
function headerOf(wrappingKey: Uint8Array): Buffer {
  const header = Buffer.alloc(SLOT_BYTES);
  MAGIC.copy(header);
  keyId(wrappingKey).copy(header, MAGIC.length);
  return header;
}

/** Opens or makes the file and reads all of it; a file without a whole header was being made when it was killed. */
async function openFile(
  path: string,
  wrappingKey: Uint8Array,
): Promise<{ handle: FileHandle; content: Buffer }> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o711 });
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    const content = await handle.readFile();
    const header = headerOf(wrappingKey);
    if (content.length < SLOT_BYTES) {
      await handle.write(header, 0, SLOT_BYTES, 0);
      await handle.sync();
      syncFolder(dirname(path));
      return { handle, content: header };
    }
    if (content.subarray(0, SLOT_BYTES).equals(header)) return { handle, content };
    await handle.close();
    const foreign = !content.subarray(0, MAGIC.length).equals(MAGIC);
    throw unusable(path, foreign ? 'it is no key file' : 'it was made under another master key');
  } catch (cause) {
    if (cause instanceof ThenarError) throw cause;
    throw unusable(path, (cause as Error).message, cause);
  }
}

interface Change {
  readonly slot: number;
  done(): void;
  failed(error: unknown): void;
}

/**
 * Subject keys in one file of fixed slots, wrapped under a sub-key of the master key. A key is destroyed by
 * overwriting its slot in place, so that no log or dead copy of it is left as a database would leave. A creation
 * counts only once it is on disk; an interrupted creation or destruction is recognised by its checksum at the next
 * start and wiped. All slots are kept in memory (96 bytes a subject); keys are unwrapped when they are asked for.
 *
 * On file systems that never write in place (copy on write, some flash), old blocks live on until they are reused;
 * what they hold is still under the master key.
 */
export async function openSubjectKeys(
  path: string,
  masterKey: Uint8Array,
  random: Random,
): Promise<SubjectKeys> {
  const wrappingKey = subKey(masterKey, 'subject-keys');
  const opened = await openFile(path, wrappingKey);
  const { handle } = opened;
  const slotsInFile = Math.ceil(opened.content.length / SLOT_BYTES);
  let file = Buffer.alloc((slotsInFile + GROWTH_SLOTS) * SLOT_BYTES);
  opened.content.copy(file);

  const slots = new Map<string, number>();
  const free: number[] = [];
  let used = slotsInFile;
  let sequence = 0;
  const wipe: number[] = [];
  for (let slot = 1; slot < slotsInFile; slot++) {
    const at = slot * SLOT_BYTES;
    const state = slotState(file, at);
    if (state === 'free') free.push(slot);
    else if (state === 'torn') wipe.push(slot);
    else {
      const own = slotSequence(file, at);
      sequence = Math.max(sequence, own);
      const who = slotWho(file, at);
      const other = slots.get(who);
      // Two slots of one subject: it was destroyed and made anew, and killed before the old one was overwritten.
      if (other !== undefined && slotSequence(file, other * SLOT_BYTES) > own) wipe.push(slot);
      else {
        if (other !== undefined) wipe.push(other);
        slots.set(who, slot);
      }
    }
  }

  let changes: Change[] = [];
  let writing: Promise<void> | null = null;
  let closed = false;

  /** Writes and syncs what has gathered until nothing is left: changes that come together share one fsync. */
  const writeAll = async (): Promise<void> => {
    while (changes.length > 0) {
      const batch = changes;
      changes = [];
      try {
        for (const { slot } of batch) {
          const at = slot * SLOT_BYTES;
          await handle.write(Buffer.from(file.subarray(at, at + SLOT_BYTES)), 0, SLOT_BYTES, at);
        }
        await handle.datasync();
        for (const change of batch) change.done();
      } catch (cause) {
        for (const change of batch) change.failed(unusable(path, (cause as Error).message, cause));
      }
    }
    writing = null;
  };

  const persist = (slot: number): Promise<void> =>
    new Promise((done, failed) => {
      if (closed) {
        failed(unusable(path, 'it is closed'));
        return;
      }
      changes.push({ slot, done, failed });
      writing ??= Promise.resolve().then(writeAll);
    });

  const erase = async (slot: number): Promise<void> => {
    file.fill(0, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
    await persist(slot);
    free.push(slot);
  };
  await Promise.all(wipe.map(erase));

  const take = (): number => {
    const reused = free.pop();
    if (reused !== undefined) return reused;
    if ((used + 1) * SLOT_BYTES > file.length) {
      file = Buffer.concat([file, Buffer.alloc(Math.max(GROWTH_SLOTS * SLOT_BYTES, file.length >> 1))]);
    }
    used += 1;
    return used - 1;
  };

  const make = async (who: string): Promise<Uint8Array> => {
    const key = random.bytes(KEY_BYTES);
    const slot = take();
    sequence += 1;
    wrapSlot(file, slot * SLOT_BYTES, wrappingKey, who, sequence, key, random);
    try {
      await persist(slot);
    } catch (error) {
      // What reached the disk is unknown; as nobody was given the key, wiping it is always right.
      erase(slot).catch(() => {});
      throw error;
    }
    slots.set(who, slot);
    return key;
  };

  const making = new Map<string, Promise<Uint8Array>>();
  const destroying = new Map<string, Promise<void>>();
  /** Keys of the subjects last asked for: the palms of one person are opened one after the other. */
  const unwrapped = new Map<string, Uint8Array>();
  const read = (subject: string, slot: number): Uint8Array => {
    const key = unwrapSlot(file, slot * SLOT_BYTES, wrappingKey);
    if (unwrapped.size >= limits.subject_keys_cached_max) unwrapped.clear();
    unwrapped.set(subject, key);
    return key;
  };
  return {
    ensure(subject) {
      const known = unwrapped.get(subject);
      if (known !== undefined) return Promise.resolve(known);
      const who = whoOf(wrappingKey, subject);
      const slot = slots.get(who);
      if (slot !== undefined) return Promise.resolve(read(subject, slot));
      let made = making.get(who);
      if (made === undefined) {
        made = make(who).finally(() => making.delete(who));
        making.set(who, made);
      }
      return made;
    },
    find(subject) {
      const known = unwrapped.get(subject);
      if (known !== undefined) return known;
      const slot = slots.get(whoOf(wrappingKey, subject));
      return slot === undefined ? null : read(subject, slot);
    },
    async destroy(subject) {
      const who = whoOf(wrappingKey, subject);
      await making.get(who)?.catch(() => {});
      const slot = slots.get(who);
      unwrapped.delete(subject);
      if (slot !== undefined) {
        slots.delete(who);
        destroying.set(
          who,
          erase(slot).finally(() => destroying.delete(who)),
        );
      }
      // Whoever asks while it is being destroyed hears of it when it is on disk, too.
      await destroying.get(who);
    },
    async close() {
      if (closed) return;
      while (writing !== null) await writing;
      closed = true;
      await handle.close();
    },
  };
}
