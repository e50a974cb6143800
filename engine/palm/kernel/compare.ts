/** The comparison kernel: its instance, its tables, what goes into its memory and what comes out. */
import { orientations } from '../sizes.ts';
import { compareWasm } from './compare.wasm.ts';
import {
  localReach,
  lookRows,
  masksAt,
  outAt,
  overlapsAt,
  rowPadding,
  searchShifts,
  shiftReach,
  variantBytes,
  variantShifts,
  weightsAt,
} from './layout.ts';

const gridRows = 32;
const blockRows = 4;
const wordsPerRow = 6;

export interface CompareKernel {
  readonly memory: WebAssembly.Memory;
  /** Writes the shifted variants of the code that lies unshifted at `centre`. */
  spread(centre: number): void;
  compare(
    gallery: number,
    probe: number,
    masks: number,
    weights: number,
    overlaps: number,
    out: number,
  ): void;
}

/** How many of `size` cells from `first` on are covered by a plane of 32 moved by `shift`. */
function covered(first: number, size: number, shift: number): number {
  return Math.min(first + size, gridRows + shift, gridRows) - Math.max(first, shift, 0);
}

/** Columns that a plane moved by `dx` covers, as a row mask. */
function columnMask(dx: number): number {
  return (dx >= 0 ? 0xffffffff << dx : 0xffffffff >>> -dx) >>> 0;
}

function writeTables(memory: WebAssembly.Memory): void {
  const allRows = Array.from({ length: gridRows }, (_, r) => r);
  const weights = new Float32Array(memory.buffer, weightsAt, 2 * searchShifts * searchShifts);
  let at = 0;
  for (const rows of [lookRows, allRows]) {
    for (let dx = -shiftReach; dx <= shiftReach; dx++) {
      for (let dy = -shiftReach; dy <= shiftReach; dy++) {
        const read = rows.filter((r) => r - dy >= 0 && r - dy < gridRows).length;
        weights[at++] = 1 / (orientations * read * (gridRows - Math.abs(dx)));
      }
    }
  }
  const view = new DataView(memory.buffer);
  for (let dy = -localReach; dy <= localReach; dy++) {
    for (let block = 0; block < blockRows; block++) {
      for (let dx = -localReach; dx <= localReach; dx++) {
        const entry = ((dy + localReach) * blockRows + block) * variantShifts + dx + localReach;
        for (let column = 0; column < 4; column++) {
          const cells = covered(8 * block, 8, dy) * covered(8 * column, 8, dx);
          view.setFloat32(overlapsAt + 32 * entry + 4 * column, 1 / cells, true);
          view.setUint32(overlapsAt + 32 * entry + 16 + 4 * column, cells, true);
        }
      }
    }
    const mask = columnMask(dy);
    const from = masksAt + (dy + localReach) * variantBytes + rowPadding * wordsPerRow * 4;
    new Uint32Array(memory.buffer, from, gridRows * wordsPerRow).fill(mask);
  }
}

/** A kernel of its own memory, its tables written. */
export function startCompareKernel(): CompareKernel {
  const module = new WebAssembly.Module(Buffer.from(compareWasm, 'base64'));
  const kernel = new WebAssembly.Instance(module).exports as unknown as CompareKernel;
  writeTables(kernel.memory);
  return kernel;
}

/** Plane after plane becomes row after row. `at` counts words. */
export function layRows(words: Uint32Array, at: number, planes: Uint32Array): void {
  for (let k = 0; k < orientations; k++) {
    for (let r = 0; r < gridRows; r++) words[at + r * wordsPerRow + k] = planes[k * gridRows + r]!;
  }
}

/** Where in a kernel output each orientation's two lanes lie (see blockCount in the kernel's generator). */
const planeLanes = [
  [0, 6],
  [1, 7],
  [2, 8],
  [3, 9],
  [4, 10],
  [5, 11],
] as const;

/**
 * Similarities, 1 - differing / overlapping bits, from the counts of the last comparison: six orientations, upper
 * left, upper right, lower left, lower right quadrant, the whole.
 */
export function readSimilarities(words: Uint32Array, out: Float64Array, at: number): void {
  const lane = outAt / 4;
  // Lower quadrants were stored last, at 48 (counts) and 64 (overlaps); the upper ones moved to 80 and 96.
  for (let half = 0; half < 2; half++) {
    const counts = lane + (half === 0 ? 20 : 12);
    const cells = lane + (half === 0 ? 24 : 16);
    for (let side = 0; side < 2; side++) {
      const bits = words[counts + 2 * side]! + words[counts + 2 * side + 1]!;
      const all = orientations * (words[cells + 2 * side]! + words[cells + 2 * side + 1]!);
      out[at + orientations + 2 * half + side] = 1 - bits / all;
    }
  }
  let cells = 0;
  for (let i = 0; i < 4; i++) cells += words[lane + 16 + i]! + words[lane + 24 + i]!;
  let bits = 0;
  for (let k = 0; k < orientations; k++) {
    const [first, second] = planeLanes[k]!;
    const count = words[lane + first]! + words[lane + second]!;
    bits += count;
    out[at + k] = 1 - count / cells;
  }
  out[at + 10] = 1 - bits / (orientations * cells);
}
