import { cosine, sine } from './mathematics.ts';
import type { SeededRandom } from './random.ts';

/** Elastic displacement is drawn on a grid of this many points a side. */
const grid = 6;

/**
 * Where a sample's pixels come from: palm = move(pixel) + elastic(pixel), all in pixels of the 128 frame.
 * Textures are fetched along it; curve points go the other way, solved by iteration (the field is smooth).
 */
export interface Warp {
  readonly cosine: number;
  readonly sine: number;
  readonly scale: number;
  readonly moveX: number;
  readonly moveY: number;
  readonly elasticX: Float32Array;
  readonly elasticY: Float32Array;
}

export interface WarpSpread {
  readonly rotationDegrees: number;
  readonly scale: number;
  readonly translation: number;
  readonly elastic: number;
}

export function drawWarp(random: SeededRandom, spread: WarpSpread): Warp {
  const angle = (random.gaussian(spread.rotationDegrees) * Math.PI) / 180;
  const scale = 1 + random.gaussian(spread.scale);
  const moveX = random.gaussian(spread.translation);
  const moveY = random.gaussian(spread.translation);
  const elasticX = Float32Array.from({ length: grid * grid }, () => random.gaussian(spread.elastic));
  const elasticY = Float32Array.from({ length: grid * grid }, () => random.gaussian(spread.elastic));
  return { cosine: cosine(angle), sine: sine(angle), scale, moveX, moveY, elasticX, elasticY };
}

/** The elastic field along one axis at every pixel of a `side` x `side` image, in pixels of the 128 frame. */
export function elasticField(values: Float32Array, side: number, target: Float32Array): void {
  const weights = new Float32Array(side * 4);
  const cells = new Int32Array(side);
  for (let pixel = 0; pixel < side; pixel++) {
    const at = ((pixel + 0.5) / side) * (grid - 1);
    cells[pixel] = cubicWeights(at, weights, pixel * 4);
  }
  const rows = new Float32Array(grid * side);
  for (let row = 0; row < grid; row++) {
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (let tap = 0; tap < 4; tap++) {
        sum += weights[x * 4 + tap]! * values[row * grid + clampCell(cells[x]! + tap - 1)]!;
      }
      rows[row * side + x] = sum;
    }
  }
  for (let y = 0; y < side; y++) {
    const cell = cells[y]!;
    const r0 = clampCell(cell - 1) * side;
    const r1 = clampCell(cell) * side;
    const r2 = clampCell(cell + 1) * side;
    const r3 = clampCell(cell + 2) * side;
    const w0 = weights[y * 4]!;
    const w1 = weights[y * 4 + 1]!;
    const w2 = weights[y * 4 + 2]!;
    const w3 = weights[y * 4 + 3]!;
    for (let x = 0; x < side; x++) {
      target[y * side + x] =
        w0 * rows[r0 + x]! + w1 * rows[r1 + x]! + w2 * rows[r2 + x]! + w3 * rows[r3 + x]!;
    }
  }
}

const pointWeights = new Float32Array(8);

function elasticAt(values: Float32Array, x: number, y: number): number {
  const column = cubicWeights(clampUnit(x / 128) * (grid - 1), pointWeights, 0);
  const row = cubicWeights(clampUnit(y / 128) * (grid - 1), pointWeights, 4);
  let sum = 0;
  for (let down = 0; down < 4; down++) {
    const start = clampCell(row + down - 1) * grid;
    let line = 0;
    for (let across = 0; across < 4; across++) {
      line += pointWeights[across]! * values[start + clampCell(column + across - 1)]!;
    }
    sum += pointWeights[4 + down]! * line;
  }
  return sum;
}

/** Writes where a palm point (x, y, in pixels of the 128 frame) appears in the sample to `out[at]`, `out[at + 1]`. */
export function projectPoint(warp: Warp, x: number, y: number, out: Float64Array, at: number): void {
  let targetX = x;
  let targetY = y;
  let pixelX = 0;
  let pixelY = 0;
  for (let round = 0; round < 3; round++) {
    const dx = (targetX - 64 - warp.moveX) / warp.scale;
    const dy = (targetY - 64 - warp.moveY) / warp.scale;
    pixelX = 64 + warp.cosine * dx + warp.sine * dy;
    pixelY = 64 - warp.sine * dx + warp.cosine * dy;
    if (round === 2) break;
    targetX = x - elasticAt(warp.elasticX, pixelX, pixelY);
    targetY = y - elasticAt(warp.elasticY, pixelX, pixelY);
  }
  out[at] = pixelX;
  out[at + 1] = pixelY;
}

/** Catmull-Rom weights of the four grid points around `at`; returns the cell below it. */
function cubicWeights(at: number, weights: Float32Array, start: number): number {
  const cell = Math.min(grid - 2, Math.max(0, Math.floor(at)));
  const t = at - cell;
  weights[start] = 0.5 * t * (-1 + t * (2 - t));
  weights[start + 1] = 0.5 * (2 + t * t * (-5 + 3 * t));
  weights[start + 2] = 0.5 * t * (1 + t * (4 - 3 * t));
  weights[start + 3] = 0.5 * t * t * (t - 1);
  return cell;
}

function clampCell(cell: number): number {
  return cell < 0 ? 0 : cell >= grid ? grid - 1 : cell;
}

function clampUnit(value: number): number {
  return value < 0 ? 0 : Math.min(value, 1);
}
