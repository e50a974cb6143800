/** The exact code of a palm: BOCV planes (Guo et al. 2009) and CompCode (Kong & Zhang 2004) on a 32 x 32 grid. */
import { gridSide, orientations } from './gabor.ts';
import type { PalmCode } from './types.ts';

export const bocvWords = orientations * gridSide;
export const competitiveWords = 3 * gridSide;

/** CompCode's cyclic code: one bit changes from each orientation to the next, the last to the first included. */
const cyclic = [0b000, 0b001, 0b011, 0b111, 0b110, 0b100] as const;

/**
 * Codes filter responses: a BOCV bit is a negative response (a dark line), CompCode the orientation of the most
 * negative one.
 * @param responses six planes of `side` x `side` floats.
 * @param step distance of grid cells in the planes; the first is at `offset` in both axes.
 */
export function encode(responses: Float32Array, side: number, step: number, offset: number): PalmCode {
  const bocv = new Uint32Array(bocvWords);
  const competitive = new Uint32Array(competitiveWords);
  const plane = side * side;
  for (let r = 0; r < gridSide; r++) {
    let b0 = 0;
    let b1 = 0;
    let b2 = 0;
    let b3 = 0;
    let b4 = 0;
    let b5 = 0;
    let c0 = 0;
    let c1 = 0;
    let c2 = 0;
    for (let c = 0; c < gridSide; c++) {
      const at = (offset + r * step) * side + offset + c * step;
      let least = responses[at]!;
      let winner = 0;
      b0 |= (least < 0 ? 1 : 0) << c;
      for (let k = 1; k < orientations; k++) {
        const value = responses[at + k * plane]!;
        if (value < least) {
          least = value;
          winner = k;
        }
        const bit = (value < 0 ? 1 : 0) << c;
        if (k === 1) b1 |= bit;
        else if (k === 2) b2 |= bit;
        else if (k === 3) b3 |= bit;
        else if (k === 4) b4 |= bit;
        else b5 |= bit;
      }
      const code = cyclic[winner]!;
      c0 |= (code & 1) << c;
      c1 |= ((code >> 1) & 1) << c;
      c2 |= (code >> 2) << c;
    }
    bocv[r] = b0;
    bocv[gridSide + r] = b1;
    bocv[2 * gridSide + r] = b2;
    bocv[3 * gridSide + r] = b3;
    bocv[4 * gridSide + r] = b4;
    bocv[5 * gridSide + r] = b5;
    competitive[r] = c0;
    competitive[gridSide + r] = c1;
    competitive[2 * gridSide + r] = c2;
  }
  return { bocv, competitive };
}
