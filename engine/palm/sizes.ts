/** Sizes of what a palm is made of, apart from the code that makes it: most of the engine only moves palms about. */

/** Of the Gabor filters. */
export const orientations = 6;
/** Side of the grid that codes live on: every second field pixel, offset 1. */
export const gridSide = 32;
export const bocvWords = orientations * gridSide;
export const competitiveWords = 3 * gridSide;
/** Length of a search vector. */
export const vectorLength = 256;
