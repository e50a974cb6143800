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
/** The search reads rows 1, 5, 9 … of the enrolled code. */
export const searchFirstRow = 1;
export const searchRowStep = 4;
export const variantShifts = 2 * localReach + 1;
export const searchShifts = 2 * shiftReach + 1;

export const rowBytes = 24;
export const rowPadding = localReach;
export const paddedRows = 32 + 2 * rowPadding;
export const variantBytes = paddedRows * rowBytes;
export const codeBytes = 32 * rowBytes;

/** Memory, from low to high; every part starts on a multiple of 64. */
const align = (at: number) => (at + 63) & ~63;
export const outAt = 64;
export const weightsAt = outAt + 128;
export const overlapsAt = align(weightsAt + searchShifts * searchShifts * 4);
export const masksAt = align(overlapsAt + variantShifts * 4 * variantShifts * 32);
export const probeAt = align(masksAt + variantShifts * variantBytes);
export const slotsAt = align(probeAt + turns * variantShifts * variantBytes);
