/** Turning a code by a few degrees without its image: cells move, and what an orientation means stays within a step. */
import { bocvWords, competitiveWords } from './code.ts';
import { gridSide } from './gabor.ts';
import type { PalmCode } from './types.ts';

/** For each cell of a turned grid the cell of the upright one nearest to it. */
const sources = new Map<number, Int32Array>();

function sourcesOf(degrees: number): Int32Array {
  const known = sources.get(degrees);
  if (known !== undefined) return known;
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  const centre = (gridSide - 1) / 2;
  const inside = (at: number) => Math.min(Math.max(Math.round(at), 0), gridSide - 1);
  const cells = new Int32Array(gridSide * gridSide);
  for (let y = 0; y < gridSide; y++) {
    for (let x = 0; x < gridSide; x++) {
      const sx = inside(centre + cos * (x - centre) - sin * (y - centre));
      const sy = inside(centre + sin * (x - centre) + cos * (y - centre));
      cells[y * gridSide + x] = sy * gridSide + sx;
    }
  }
  sources.set(degrees, cells);
  return cells;
}

function turnPlanes(planes: Uint32Array, words: number, cells: Int32Array): Uint32Array {
  const out = new Uint32Array(words);
  for (let row = 0; row < words; row++) {
    const plane = row & ~(gridSide - 1);
    const from = (row & (gridSide - 1)) * gridSide;
    let word = 0;
    for (let x = 0; x < gridSide; x++) {
      const cell = cells[from + x]!;
      word |= ((planes[plane + (cell >> 5)]! >>> (cell & 31)) & 1) << x;
    }
    out[row] = word;
  }
  return out;
}

/** The code as it would roughly be of the image turned by `degrees` (a few). Zero gives the same code. */
export function turnCode(code: PalmCode, degrees: number): PalmCode {
  if (degrees === 0) return code;
  const cells = sourcesOf(degrees);
  return {
    bocv: turnPlanes(code.bocv, bocvWords, cells),
    competitive: turnPlanes(code.competitive, competitiveWords, cells),
  };
}
