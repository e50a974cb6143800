/**
 * The search vector: where dark lines of which orientation lie, as a histogram, then a linear discriminant
 * projection (trained on synthetic palms by the accuracy bench) and unit length, so that a dot product is a cosine.
 */
import { readFileSync } from 'node:fs';
import { assetPath } from '../asset.ts';
import { fieldSide } from './field.ts';
import { fieldRegion } from './gabor.ts';
import { floats, kernelView, poolAt, projectAt, words } from './kernel/extract.ts';
import { orientations, vectorLength } from './sizes.ts';

/** Length of the histogram, before projection. */
export const rawLength = 384;

const cells = 8;
const cellSide = fieldSide / cells;

/** For each field pixel the lower of its two cells, and the share of the upper one. */
const lowerCell = new Int32Array(fieldSide);
const upperShare = new Float32Array(fieldSide);
const poolTable = words(3 * fieldSide);
for (let x = 0; x < fieldSide; x++) {
  const at = Math.min(Math.max((x + 0.5) / cellSide - 0.5, 0), cells - 1);
  lowerCell[x] = Math.min(Math.floor(at), cells - 2);
  upperShare[x] = at - lowerCell[x]!;
  kernelView.setUint32(poolTable.at + 12 * x, lowerCell[x]! * fieldSide * 4, true);
  kernelView.setFloat32(poolTable.at + 12 * x + 4, 1 - upperShare[x]!, true);
  kernelView.setFloat32(poolTable.at + 12 * x + 8, upperShare[x]!, true);
}

/** Cell rows of one orientation before its columns are pooled: 8 x 64. */
const pooled = floats(cells * fieldSide);

/**
 * Histogram of rectified negative responses: 8 x 8 cells x 6 orientations, bilinear between cells, each cell to unit
 * sum, square roots (so that Euclidean geometry is Hellinger's), the whole to unit length.
 * Reads the responses that `fieldResponses` left.
 * @returns 384 floats, cell after cell, orientation innermost. A blank image gives zeros.
 */
export function rawVector(): Float32Array {
  const out = new Float32Array(rawLength);
  for (let k = 0; k < orientations; k++) {
    pooled.view.fill(0);
    poolAt(fieldRegion.at + k * fieldSide * fieldSide * 4, poolTable.at, pooled.at);
    for (let cellRow = 0; cellRow < cells; cellRow++) {
      for (let x = 0; x < fieldSide; x++) {
        const value = pooled.view[cellRow * fieldSide + x]!;
        const i = (cellRow * cells + lowerCell[x]!) * orientations + k;
        const upper = value * upperShare[x]!;
        out[i] = out[i]! + value - upper;
        out[i + orientations] = out[i + orientations]! + upper;
      }
    }
  }
  for (let cell = 0; cell < cells * cells; cell++) {
    let sum = 0;
    for (let k = 0; k < orientations; k++) sum += out[cell * orientations + k]!;
    if (sum === 0) continue;
    for (let k = 0; k < orientations; k++) {
      out[cell * orientations + k] = Math.sqrt(out[cell * orientations + k]! / sum);
    }
  }
  return toUnitLength(out);
}

/** In place; a zero vector stays zero. */
export function toUnitLength(vector: Float32Array): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  if (squares === 0) return vector;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i] = vector[i]! * scale;
  return vector;
}

/** The histogram and a one behind it, which brings in the offset row. */
const projected = { raw: floats(rawLength + 1), out: floats(vectorLength) };
const matrixRegion = floats((rawLength + 1) * vectorLength);
let matrixLoaded: Float32Array | null = null;

/**
 * Projects a histogram and brings it to unit length.
 * @param matrix `rawLength` rows of `vectorLength` floats; one more row, when present, is added as an offset
 *   (minus the projected mean).
 */
export function project(raw: Float32Array, matrix: Float32Array): Float32Array {
  if (matrixLoaded !== matrix) {
    matrixRegion.view.fill(0);
    matrixRegion.view.set(matrix);
    matrixLoaded = matrix;
  }
  projected.raw.view.set(raw);
  projected.raw.view[rawLength] = 1;
  projected.out.view.fill(0);
  projectAt(projected.raw.at, rawLength + 1, matrixRegion.at, vectorLength * 4, projected.out.at);
  return toUnitLength(projected.out.view.slice());
}

let shipped: Float32Array | null = null;

/**
 * The projection that ships with the palm model, `engine/palm/data/projection.f32` (little-endian float32).
 * @throws Error when the file is missing or has another size: without it nothing could be searched.
 */
export function shippedProjection(): Float32Array {
  if (shipped !== null) return shipped;
  const bytes = readFileSync(assetPath('engine', 'palm', 'data', 'projection.f32'));
  const length = bytes.length / 4;
  if (length !== rawLength * vectorLength && length !== (rawLength + 1) * vectorLength) {
    throw new Error(`The palm projection has ${bytes.length} bytes, which fits neither of its two layouts.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  shipped = Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i, true));
  return shipped;
}
