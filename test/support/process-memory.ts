/** All memory of another process as the operating system sees it: what is alive in it, and what was freed and not written over. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

const PAGE_BYTES = 4096;
const PIECE_PAGES = 4096;
/** Of an entry of the page map (Documentation/admin-guide/mm/pagemap.rst): the page is in memory. */
const PRESENT = 0x80;

interface Range {
  readonly from: number;
  readonly until: number;
}

/** Mappings of no file that may be read; none of the kernel's own. */
function mappingsOf(pid: number): Range[] {
  return readFileSync(`/proc/${pid}/maps`, 'latin1')
    .split('\n')
    .flatMap((line) => {
      const found = /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ 0 *(?!.*\[v)/.exec(line);
      if (found === null) return [];
      const [, from = '', until = ''] = found;
      return [{ from: Number.parseInt(from, 16), until: Number.parseInt(until, 16) }];
    });
}

/** Runs of pages of a mapping that are in memory, each at most a piece long; one that is cut goes on a page earlier. */
function* presentRuns(pagemap: number, { from, until }: Range): Generator<Range> {
  const entries = Buffer.alloc(8 * PIECE_PAGES);
  for (let at = from; at < until; at += (PIECE_PAGES - 1) * PAGE_BYTES) {
    const wanted = Math.min(PIECE_PAGES, (until - at) / PAGE_BYTES);
    const pages = readSync(pagemap, entries, 0, 8 * wanted, (at / PAGE_BYTES) * 8) / 8;
    let start = -1;
    for (let page = 0; page <= pages; page += 1) {
      const present = page < pages && ((entries[8 * page + 7] ?? 0) & PRESENT) !== 0;
      if (present && start < 0) start = page;
      if (present || start < 0) continue;
      yield { from: at + start * PAGE_BYTES, until: at + page * PAGE_BYTES };
      start = -1;
    }
  }
}

/**
 * Reads a process's memory piece by piece, with others' turns in between. Linux alone has it, and lets a parent read
 * its children.
 * @param look gets each piece; it must not keep it
 */
export async function readMemoryOf(pid: number, look: (piece: Buffer) => void): Promise<void> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r');
  const piece = Buffer.alloc(PIECE_PAGES * PAGE_BYTES);
  try {
    for (const mapping of mappingsOf(pid)) {
      for (const { from, until } of presentRuns(pagemap, mapping)) {
        look(piece.subarray(0, readSome(memory, piece, from, until - from)));
      }
      await setImmediate();
    }
  } finally {
    closeSync(memory);
    closeSync(pagemap);
    // The reader is not to keep what it looks for in others.
    piece.fill(0);
  }
}

/** Zero for what was unmapped meanwhile. */
function readSome(memory: number, into: Buffer, at: number, length: number): number {
  try {
    return readSync(memory, into, 0, length, at);
  } catch {
    return 0;
  }
}
