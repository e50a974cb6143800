/**
 * The search vector: where dark lines of which orientation lie, as a histogram, then a linear discriminant
 * projection (trained on synthetic palms by the accuracy bench) and unit length, so that a dot product is a cosine.
 */
import { readFileSync } from 'node:fs';
import { assetPath } from '../asset.ts';
import { orientations } from './gabor.ts';
import { fieldSide } from './image.ts';

/** Length of the histogram, before projection. */
export const rawLength = 384;
/** Length of a search vector. */
export const vectorLength = 256;

const cells = 8;
const cellSide = fieldSide / cells;

/** For each field pixel the lower of its two cells, and the share of the upper one. */
const lowerCell = new Int32Array(fieldSide);
const upperShare = new Float32Array(fieldSide);
for (let x = 0; x < fieldSide; x++) {
  const at = Math.min(Math.max((x + 0.5) / cellSide - 0.5, 0), cells - 1);
  lowerCell[x] = Math.min(Math.floor(at), cells - 2);
  upperShare[x] = at - lowerCell[x]!;
}

const rowBins = new Float32Array(cells);

/**
 * Histogram of rectified negative responses: 8 x 8 cells x 6 orientations, bilinear between cells, each cell to unit
 * sum, square roots (so that Euclidean geometry is Hellinger's), the whole to unit length.
 * @param responses six planes of 64 x 64 floats.
 * @returns 384 floats, cell after cell, orientation innermost. A blank image gives zeros.
 */
export function rawVector(responses: Float32Array): Float32Array {
  const out = new Float32Array(rawLength);
  const plane = fieldSide * fieldSide;
  for (let k = 0; k < orientations; k++) {
    for (let y = 0; y < fieldSide; y++) {
      rowBins.fill(0);
      const row = k * plane + y * fieldSide;
      for (let x = 0; x < fieldSide; x++) {
        const value = responses[row + x]!;
        if (value >= 0) continue;
        const cell = lowerCell[x]!;
        const upper = value * upperShare[x]!;
        rowBins[cell] = rowBins[cell]! - (value - upper);
        rowBins[cell + 1] = rowBins[cell + 1]! - upper;
      }
      const cellRow = lowerCell[y]! * cells;
      const share = upperShare[y]!;
      for (let c = 0; c < cells; c++) {
        const i = (cellRow + c) * orientations + k;
        const j = i + cells * orientations;
        out[i] = out[i]! + rowBins[c]! * (1 - share);
        out[j] = out[j]! + rowBins[c]! * share;
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

/**
 * Projects a histogram and brings it to unit length.
 * @param matrix `rawLength` rows of `vectorLength` floats; one more row, when present, is added as an offset
 *   (minus the projected mean).
 */
export function project(raw: Float32Array, matrix: Float32Array): Float32Array {
  const out = new Float32Array(vectorLength);
  if (matrix.length === (rawLength + 1) * vectorLength) out.set(matrix.subarray(rawLength * vectorLength));
  for (let i = 0; i < rawLength; i++) {
    const value = raw[i]!;
    const row = i * vectorLength;
    for (let j = 0; j < vectorLength; j++) out[j] = out[j]! + value * matrix[row + j]!;
  }
  return toUnitLength(out);
}

let shipped: Float32Array | null = null;

/**
 * The projection that ships with the palm model, `engine/palm/data/projection.f32` (little-endian float32).
 * @throws Error when the file is missing or has another size: without it nothing could be searched.
 */
export function shippedProjection(): Float32Array {
  if (shipped !== null) return shipped;
  const bytes = readFileSync(assetPath('engine', 'palm', 'data', 'projection.f32'));
  const floats = bytes.length / 4;
  if (floats !== rawLength * vectorLength && floats !== (rawLength + 1) * vectorLength) {
    throw new Error(`The palm projection has ${bytes.length} bytes, which fits neither of its two layouts.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  shipped = Float32Array.from({ length: floats }, (_, i) => view.getFloat32(4 * i, true));
  return shipped;
}
