/** Turning a code by a few degrees without its image: cells move, and what an orientation means stays within a step. */
import { bocvWords, competitiveWords, gridSide } from './sizes.ts';
import type { PalmCode } from './types.ts';

/**
 * A turned row takes few runs of cells from few rows of the upright grid: each is that row moved by some columns,
 * under a mask. Six degrees make about seven of a row, where its cells are 32.
 */
interface Runs {
  /** Where the runs of each row begin, and the end of the last. */
  readonly begins: Int32Array;
  readonly sourceRow: Int32Array;
  /** Columns that the source row is moved to lower bits; negative to higher ones. */
  readonly shift: Int32Array;
  readonly mask: Int32Array;
}

const known = new Map<number, Runs>();

function runsOf(degrees: number): Runs {
  const found = known.get(degrees);
  if (found !== undefined) return found;
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  const centre = (gridSide - 1) / 2;
  const inside = (at: number) => Math.min(Math.max(Math.round(at), 0), gridSide - 1);
  const begins = [0];
  const runs: { readonly sourceRow: number; readonly shift: number; mask: number }[] = [];
  for (let y = 0; y < gridSide; y++) {
    const from = runs.length;
    for (let x = 0; x < gridSide; x++) {
      const sx = inside(centre + cos * (x - centre) - sin * (y - centre));
      const sy = inside(centre + sin * (x - centre) + cos * (y - centre));
      let run = runs.slice(from).find((one) => one.sourceRow === sy && one.shift === sx - x);
      if (run === undefined) {
        run = { sourceRow: sy, shift: sx - x, mask: 0 };
        runs.push(run);
      }
      run.mask |= 1 << x;
    }
    begins.push(runs.length);
  }
  const made = {
    begins: Int32Array.from(begins),
    sourceRow: Int32Array.from(runs, (run) => run.sourceRow),
    shift: Int32Array.from(runs, (run) => run.shift),
    mask: Int32Array.from(runs, (run) => run.mask),
  };
  known.set(degrees, made);
  return made;
}

function turnPlanes(planes: Uint32Array, words: number, runs: Runs): Uint32Array {
  const { begins, sourceRow, shift, mask } = runs;
  const out = new Uint32Array(words);
  for (let plane = 0; plane < words; plane += gridSide) {
    for (let row = 0; row < gridSide; row++) {
      let word = 0;
      const end = begins[row + 1]!;
      for (let run = begins[row]!; run < end; run++) {
        const source = planes[plane + sourceRow[run]!]!;
        const by = shift[run]!;
        word |= (by >= 0 ? source >>> by : source << -by) & mask[run]!;
      }
      out[plane + row] = word;
    }
  }
  return out;
}

/** The code as it would roughly be of the image turned by `degrees` (a few). Zero gives the same code. */
export function turnCode(code: PalmCode, degrees: number): PalmCode {
  if (degrees === 0) return code;
  const runs = runsOf(degrees);
  return {
    bocv: turnPlanes(code.bocv, bocvWords, runs),
    competitive: turnPlanes(code.competitive, competitiveWords, runs),
  };
}
