/** The key file as slots: what is where, and what of it is on disk. Knows nothing of what the keys are for. */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ThenarError } from '../../engine/errors.ts';
import { syncFolder } from '../master-key.ts';
import { type Header, headerBytes, readHeader, unusable } from './header.ts';
import { SLOT_BYTES, slotSequence, slotState, slotWho, slotWrapper } from './slot.ts';

/** Memory for slots grows by this many at a time. */
const GROWTH_SLOTS = 4_096;

interface Change {
  readonly slot: number;
  done(): void;
  failed(error: unknown): void;
}

/**
 * Fixed slots in one file, the first of which is the header. A slot is overwritten in place, so that no log or dead
 * copy of it is left as a database would leave. A change counts only once it is on disk; an interrupted one is
 * recognised by its checksum at the next start and wiped. All slots are kept in memory (96 bytes each).
 *
 * On file systems that never write in place (copy on write, some flash), old blocks live on until they are reused;
 * what they hold is still under another key.
 */
export class Slots {
  readonly path: string;
  header: Header;
  /** The slot of each owner. */
  readonly live = new Map<string, number>();
  /** Copies under the master key that is to come. */
  readonly coming = new Map<string, number>();
  #file: Buffer;
  readonly #handle: FileHandle;
  readonly #free: number[] = [];
  #used: number;
  #sequence = 0;
  #changes: Change[] = [];
  #writing: Promise<void> | null = null;
  #closed = false;

  private constructor(path: string, handle: FileHandle, content: Buffer, header: Header) {
    this.path = path;
    this.#handle = handle;
    this.header = header;
    this.#used = Math.max(1, Math.ceil(content.length / SLOT_BYTES));
    this.#file = Buffer.alloc((this.#used + GROWTH_SLOTS) * SLOT_BYTES);
    content.copy(this.#file);
  }

  /**
   * Opens or makes the file; one without a whole header was being made when it was killed.
   * @param masterId whose file it has to be
   * @throws ThenarError `unavailable`
   */
  static async open(path: string, masterId: string): Promise<Slots> {
    let handle: FileHandle | null = null;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o711 });
      handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
      const content = await handle.readFile();
      if (content.length < SLOT_BYTES) {
        const slots = new Slots(path, handle, Buffer.alloc(0), {
          active: masterId,
          next: null,
          retired: null,
        });
        await slots.writeHeader(slots.header);
        syncFolder(dirname(path));
        return slots;
      }
      const header = readHeader(path, content);
      if (header.active !== masterId) {
        throw unusable(
          path,
          header.next === masterId
            ? 'the change to this master key was not finished: start with the one before it, or go on with ' +
                '`thenar admin rotate-master-key`'
            : 'it was made under another master key',
        );
      }
      const slots = new Slots(path, handle, content, header);
      await slots.#look();
      return slots;
    } catch (cause) {
      await handle?.close();
      if (cause instanceof ThenarError) throw cause;
      throw unusable(path, (cause as Error).message, cause);
    }
  }

  /** Finds what is in each slot, and wipes what a kill left. */
  async #look(): Promise<void> {
    const wipe: number[] = [];
    for (let slot = 1; slot < this.#used; slot++) {
      const at = slot * SLOT_BYTES;
      const state = slotState(this.#file, at);
      if (state === 'free') this.#free.push(slot);
      else if (state === 'torn') wipe.push(slot);
      else {
        const wrapper = slotWrapper(this.#file, at);
        this.#sequence = Math.max(this.#sequence, slotSequence(this.#file, at));
        const map = wrapper === this.header.next ? this.coming : this.live;
        if (wrapper === this.header.retired) wipe.push(slot);
        else wipe.push(...this.#settle(map, slotWho(this.#file, at), slot));
      }
    }
    await Promise.all(wipe.map((slot) => this.erase(slot)));
    if (this.header.retired !== null) await this.writeHeader({ ...this.header, retired: null });
  }

  /**
   * Two slots of one owner: it was destroyed and made anew, and killed before the old one was overwritten.
   * @returns the older one
   */
  #settle(map: Map<string, number>, who: string, slot: number): number[] {
    const other = map.get(who);
    const older = other !== undefined && this.#sequenceOf(other) > this.#sequenceOf(slot) ? slot : other;
    if (older !== slot) map.set(who, slot);
    return older === undefined ? [] : [older];
  }

  #sequenceOf(slot: number): number {
    return slotSequence(this.#file, slot * SLOT_BYTES);
  }

  /** Reads a slot: `read` gets the file and where the slot begins. */
  at<T>(slot: number, read: (file: Buffer, at: number) => T): T {
    return read(this.#file, slot * SLOT_BYTES);
  }

  /** Fills a free slot; it is on disk when the returned promise resolves. */
  add(fill: (file: Buffer, at: number, sequence: number) => void): {
    readonly slot: number;
    readonly written: Promise<void>;
  } {
    const slot = this.#take();
    this.#sequence += 1;
    fill(this.#file, slot * SLOT_BYTES, this.#sequence);
    const written = this.#persist(slot).catch((error: unknown) => {
      // What reached the disk is unknown; as nobody was given the key, wiping it is always right.
      this.erase(slot).catch(() => {});
      throw error;
    });
    return { slot, written };
  }

  async erase(slot: number): Promise<void> {
    this.#file.fill(0, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
    await this.#persist(slot);
    this.#free.push(slot);
  }

  async writeHeader(header: Header): Promise<void> {
    headerBytes(header).copy(this.#file);
    await this.#persist(0);
    this.header = header;
  }

  #take(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    if ((this.#used + 1) * SLOT_BYTES > this.#file.length) {
      const more = Math.max(GROWTH_SLOTS * SLOT_BYTES, this.#file.length >> 1);
      this.#file = Buffer.concat([this.#file, Buffer.alloc(more)]);
    }
    this.#used += 1;
    return this.#used - 1;
  }

  #persist(slot: number): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#closed) {
        failed(unusable(this.path, 'it is closed'));
        return;
      }
      this.#changes.push({ slot, done, failed });
      this.#writing ??= Promise.resolve().then(() => this.#writeAll());
    });
  }

  /** Writes and syncs what has gathered until nothing is left: changes that come together share one fsync. */
  async #writeAll(): Promise<void> {
    while (this.#changes.length > 0) {
      const batch = this.#changes;
      this.#changes = [];
      try {
        for (const { slot } of batch) {
          const at = slot * SLOT_BYTES;
          await writeWhole(this.#handle, Buffer.from(this.#file.subarray(at, at + SLOT_BYTES)), at);
        }
        await this.#handle.datasync();
        for (const change of batch) change.done();
      } catch (cause) {
        for (const change of batch) change.failed(unusable(this.path, (cause as Error).message, cause));
      }
    }
    this.#writing = null;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    while (this.#writing !== null) await this.#writing;
    this.#closed = true;
    await this.#handle.close();
  }
}

/** A disk that is nearly full takes a part of a write and reports no error; the next write then does. */
async function writeWhole(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, from, bytes.length - from, position + from);
    from += bytesWritten;
  }
}
