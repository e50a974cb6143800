/** The exact code of a palm: BOCV planes (Guo et al. 2009) and CompCode (Kong & Zhang 2004) on a 32 x 32 grid. */
import { gridRegion, gridResponses } from './gabor.ts';
import { encodeAt, words } from './kernel/extract.ts';
import { bocvWords, competitiveWords, gridSide } from './sizes.ts';
import type { PalmCode } from './types.ts';

const coded = words(bocvWords + competitiveWords);

/**
 * Codes a 64 x 64 field: a BOCV bit is a negative response (a dark line), CompCode the orientation of the most
 * negative one, in its cyclic code.
 */
export function codeOf(field: Float32Array): PalmCode {
  gridResponses(field);
  encodeAt(gridRegion.at, gridSide * gridSide * 4, coded.at);
  return { bocv: coded.view.slice(0, bocvWords), competitive: coded.view.slice(bocvWords) };
}
