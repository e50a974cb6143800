/**
 * The exact comparison in plain TypeScript: what the WebAssembly kernel must reproduce bit for bit, and the baseline
 * that the match bench prints beside it. Written from the description in engine/palm/compare.ts, plane by plane.
 */
import type { PalmCode, PalmProbe } from '../../engine/palm/types.ts';

const rows = 32;
const planes = 6;
const reach = 3;

const bitsOf = Uint8Array.from({ length: 65_536 }, (_, value) => {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count += 1;
  return count;
});

function count(word: number): number {
  return bitsOf[word & 0xffff]! + bitsOf[word >>> 16]!;
}

function shifted(word: number, dx: number): number {
  return dx >= 0 ? word << dx : word >>> -dx;
}

interface Alignment {
  readonly turn: number;
  readonly dx: number;
  readonly dy: number;
}

const everyRow = Array.from({ length: rows }, (_, r) => r);
const lookRows = [1, 9, 17, 25];
const lookMargin = Math.fround(0.02);

/** Overlap-normalised Hamming distance of the given rows, in single precision. */
function distance(
  code: Uint32Array,
  gallery: Uint32Array,
  dx: number,
  dy: number,
  read: readonly number[],
): number {
  const mask = shifted(0xffffffff, dx);
  let differing = 0;
  let cells = 0;
  for (const r of read) {
    if (r - dy < 0 || r - dy >= rows) continue;
    cells += rows - Math.abs(dx);
    for (let k = 0; k < planes; k++) {
      differing += count((shifted(code[k * rows + r - dy]!, dx) ^ gallery[k * rows + r]!) & mask);
    }
  }
  return Math.fround(differing * Math.fround(1 / (planes * cells)));
}

function search(probe: PalmProbe, gallery: PalmCode): Alignment {
  const looked: (Alignment & { readonly distance: number })[] = [];
  for (let turn = 0; turn < probe.codes.length; turn++) {
    const code = probe.codes[turn]!.bocv;
    for (let dx = -reach; dx <= reach; dx++) {
      for (let dy = -reach; dy <= reach; dy++) {
        looked.push({ turn, dx, dy, distance: distance(code, gallery.bocv, dx, dy, lookRows) });
      }
    }
  }
  const near = Math.fround(Math.min(...looked.map((one) => one.distance)) + lookMargin);
  let best = Number.POSITIVE_INFINITY;
  let found: Alignment = { turn: 0, dx: 0, dy: 0 };
  for (const one of looked) {
    if (one.distance > near) continue;
    const whole = distance(probe.codes[one.turn]!.bocv, gallery.bocv, one.dx, one.dy, everyRow);
    if (whole < best) {
      best = whole;
      found = one;
    }
  }
  return found;
}

interface Block {
  /** Differing bits of each plane. */
  readonly bits: readonly number[];
  readonly cells: number;
}

function blockAt(
  code: Uint32Array,
  gallery: Uint32Array,
  top: number,
  left: number,
  dx: number,
  dy: number,
): Block {
  const mask = shifted(0xffffffff, dx) & (0xff << left);
  const bits = new Array<number>(planes).fill(0);
  let cells = 0;
  for (let r = top; r < top + 8; r++) {
    if (r - dy < 0 || r - dy >= rows) continue;
    cells += count(mask);
    for (let k = 0; k < planes; k++) {
      bits[k]! += count((shifted(code[k * rows + r - dy]!, dx) ^ gallery[k * rows + r]!) & mask);
    }
  }
  return { bits, cells };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Eleven raw similarities: six orientations, four quadrants, fused. */
export function compareInPlainTypeScript(probe: PalmProbe, gallery: PalmCode): number[] {
  const { turn, dx, dy } = search(probe, gallery);
  const code = probe.codes[turn]!.bocv;
  const blocks: Block[] = [];
  for (let top = 0; top < rows; top += 8) {
    for (let left = 0; left < rows; left += 8) {
      let best = Number.POSITIVE_INFINITY;
      let chosen: Block = { bits: [], cells: 0 };
      for (let y = dy - 1; y <= dy + 1; y++) {
        for (let x = dx - 1; x <= dx + 1; x++) {
          const block = blockAt(code, gallery.bocv, top, left, x, y);
          const distance = Math.fround(sum(block.bits) * Math.fround(1 / block.cells));
          if (distance < best) {
            best = distance;
            chosen = block;
          }
        }
      }
      blocks.push(chosen);
    }
  }
  const cells = sum(blocks.map((block) => block.cells));
  const similarities = Array.from(
    { length: planes },
    (_, k) => 1 - sum(blocks.map((b) => b.bits[k]!)) / cells,
  );
  for (const first of [0, 2, 8, 10]) {
    const quadrant = [first, first + 1, first + 4, first + 5].map((i) => blocks[i]!);
    similarities.push(
      1 - sum(quadrant.map((b) => sum(b.bits))) / (planes * sum(quadrant.map((b) => b.cells))),
    );
  }
  const whole = 1 - sum(blocks.map((b) => sum(b.bits))) / (planes * cells);
  return [...similarities.map((own) => (own + 2 * whole) / 3), whole];
}
