/**
 * Where the comparison kernel finds things in its memory; shared by the engine that fills it and by the generator
 * of the kernel's text.
 *
 * A code is 32 rows of six words, one a plane, so a row is 24 bytes: three 64-bit words for the search, and eight
 * rows are twelve vectors for the blocks. A probe is laid out once for every turn and horizontal shift, with empty
 * rows above and below, so that any shift is an address.
 */

/** Turned copies of a probe: -6, -3, 0, +3, +6 degrees. */
export const turns = 5;
/** Cells that the search shifts a probe by, both ways in both axes. */
export const shiftReach = 3;
/** Cells that a block may lie from its place: the search's reach and one of its own. */
export const localReach = shiftReach + 1;
/**
 * The search looks at four rows of every alignment first, and reads all rows only of those whose distance is within
 * the margin of the least: about 6 of 245. On hard synthetic palms the scores tell genuine from impostor as well
 * as after reading everything (d' 8.91 and 8.95).
 */
export const lookRows: readonly number[] = [1, 9, 17, 25];
export const lookMargin = 0.02;
export const variantShifts = 2 * localReach + 1;
export const searchShifts = 2 * shiftReach + 1;

export const rowBytes = 24;
export const rowPadding = localReach;
export const paddingBytes = rowPadding * rowBytes;
export const paddedRows = 32 + 2 * rowPadding;
export const variantBytes = paddedRows * rowBytes;
export const codeBytes = 32 * rowBytes;

/** Memory, from low to high; every part starts on a multiple of 64. */
const align = (at: number) => (at + 63) & ~63;
export const outAt = 64;
/** Weights of four rows, then of all, by horizontal and vertical shift. */
export const weightsAt = outAt + 128;
export const lookedAt = align(weightsAt + 2 * searchShifts * searchShifts * 4);
export const overlapsAt = align(lookedAt + turns * searchShifts * searchShifts * 4);
export const masksAt = align(overlapsAt + variantShifts * 4 * variantShifts * 32);
export const probeAt = align(masksAt + variantShifts * variantBytes);
export const slotsAt = align(probeAt + turns * variantShifts * variantBytes);
