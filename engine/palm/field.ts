/** From a grey region of 128 x 128 to the normalised field of 64 x 64, upright or turned, that the filters read. */

/** Side of the region that quality and normalisation look at. */
export const regionSide = 128;
/** Side of the region that the filters look at, after 2 x 2 averaging. */
export const fieldSide = 64;
const normalisationRadius = 16;
/** Added to the local deviation so that flat skin is not blown up into noise. */
const deviationFloor = 12;

const rowSums = new Float32Array((regionSide + 1) * regionSide);
const rowSquares = new Float32Array((regionSide + 1) * regionSide);
/** One over the number of columns in the box around each column. */
const columnShare = Float64Array.from(
  { length: regionSide },
  (_, x) =>
    1 / (Math.min(regionSide - 1, x + normalisationRadius) - Math.max(0, x - normalisationRadius) + 1),
);
const columnSums = new Float64Array(regionSide);
const columnSquares = new Float64Array(regionSide);

/**
 * Local normalisation at 128 x 128: (value - mean) / (deviation + 12) over a box of radius 16 that is cut off at
 * the border. Sliding sums, so the radius costs nothing.
 */
export function normalise(region: Float32Array, out: Float32Array): void {
  const side = regionSide;
  const radius = normalisationRadius;
  for (let y = 0; y < side; y++) {
    const row = y * side;
    let sum = 0;
    let squares = 0;
    for (let x = 0; x < radius; x++) {
      const v = region[row + x]!;
      sum += v;
      squares += v * v;
    }
    for (let x = 0; x < side; x++) {
      if (x + radius < side) {
        const v = region[row + x + radius]!;
        sum += v;
        squares += v * v;
      }
      if (x > radius) {
        const v = region[row + x - radius - 1]!;
        sum -= v;
        squares -= v * v;
      }
      rowSums[row + x] = sum;
      rowSquares[row + x] = squares;
    }
  }
  columnSums.fill(0);
  columnSquares.fill(0);
  for (let i = 0; i < radius * side; i++) {
    columnSums[i % side] = columnSums[i % side]! + rowSums[i]!;
    columnSquares[i % side] = columnSquares[i % side]! + rowSquares[i]!;
  }
  for (let y = 0; y < side; y++) {
    // Rows outside the region count as rows of zeros: a row of them stands at the end of the sums.
    const enters = Math.min(y + radius, side) * side;
    const leaves = (y > radius ? y - radius - 1 : side) * side;
    const rows = Math.min(side - 1, y + radius) - Math.max(0, y - radius) + 1;
    for (let x = 0; x < side; x++) {
      const sum = columnSums[x]! + rowSums[enters + x]! - rowSums[leaves + x]!;
      const squares = columnSquares[x]! + rowSquares[enters + x]! - rowSquares[leaves + x]!;
      columnSums[x] = sum;
      columnSquares[x] = squares;
      const share = columnShare[x]! / rows;
      const mean = sum * share;
      const variance = Math.max(0, squares * share - mean * mean);
      out[y * side + x] = (region[y * side + x]! - mean) / (Math.sqrt(variance) + deviationFloor);
    }
  }
}

const boxSide = regionSide - 1;
const boxed = new Float32Array(boxSide * boxSide);

/**
 * 2 x 2 averages of the normalised region at every position (127 x 127), from which {@link halve} and
 * {@link halveTurned} pick. The result is overwritten by the next call.
 */
export function box(normalised: Float32Array): Float32Array {
  for (let y = 0; y < boxSide; y++) {
    const row = y * regionSide;
    let left = normalised[row]! + normalised[row + regionSide]!;
    for (let x = 0; x < boxSide; x++) {
      const right = normalised[row + x + 1]! + normalised[row + regionSide + x + 1]!;
      boxed[y * boxSide + x] = (left + right) * 0.25;
      left = right;
    }
  }
  return boxed;
}

/** Every second box: the 64 x 64 field. */
export function halve(boxes: Float32Array, out: Float32Array): void {
  for (let y = 0; y < fieldSide; y++) {
    for (let x = 0; x < fieldSide; x++) out[y * fieldSide + x] = boxes[2 * y * boxSide + 2 * x]!;
  }
}

/** Where each field pixel of a turned region lies among the boxes: upper left index, and shares to the right and below. */
interface Turn {
  readonly index: Int32Array;
  readonly right: Float32Array;
  readonly below: Float32Array;
}

const turnTables = new Map<number, Turn>();

function turnOf(degrees: number): Turn {
  const known = turnTables.get(degrees);
  if (known !== undefined) return known;
  const count = fieldSide * fieldSide;
  const turn = {
    index: new Int32Array(count),
    right: new Float32Array(count),
    below: new Float32Array(count),
  };
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  const centre = (boxSide - 1) / 2;
  const inside = (at: number) => Math.min(Math.max(at, 0), boxSide - 1);
  for (let y = 0; y < fieldSide; y++) {
    for (let x = 0; x < fieldSide; x++) {
      const sx = inside(centre + cos * (2 * x - centre) - sin * (2 * y - centre));
      const sy = inside(centre + sin * (2 * x - centre) + cos * (2 * y - centre));
      const x0 = Math.min(Math.floor(sx), boxSide - 2);
      const y0 = Math.min(Math.floor(sy), boxSide - 2);
      const i = y * fieldSide + x;
      turn.index[i] = y0 * boxSide + x0;
      turn.right[i] = sx - x0;
      turn.below[i] = sy - y0;
    }
  }
  turnTables.set(degrees, turn);
  return turn;
}

/** The field of the region turned about its centre; beyond the border the edge value continues. */
export function halveTurned(boxes: Float32Array, degrees: number, out: Float32Array): void {
  const { index, right, below } = turnOf(degrees);
  for (let i = 0; i < out.length; i++) {
    const at = index[i]!;
    const share = right[i]!;
    const a = boxes[at]!;
    const c = boxes[at + boxSide]!;
    const top = a + share * (boxes[at + 1]! - a);
    const bottom = c + share * (boxes[at + boxSide + 1]! - c);
    out[i] = top + below[i]! * (bottom - top);
  }
}
