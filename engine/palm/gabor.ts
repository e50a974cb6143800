/**
 * The filter bank: six even Gabor filters, orientation kπ/6, 17 x 17 with circular support of radius 8, zero mean
 * and unit energy inside the circle. Published in Kong & Zhang, "Competitive Coding Scheme for Palmprint
 * Verification" (2004) and Guo et al., "Palmprint verification using binary orientation co-occurrence vector" (2009).
 */
import { fieldSide } from './field.ts';
import { filter, floats, kernelView, words } from './kernel/extract.ts';
import { gridSide, orientations } from './sizes.ts';

const radius = 8;
const sigma = 2.425;
const sigmaRatio = 1.92;
const wavelength = 7.05;

const paddedSide = fieldSide + 2 * radius;
const rowBytes = paddedSide * 4;
const entryBytes = 40;

/** Weights of one filter by (dy + 8) * 17 + (dx + 8); zero outside the circle. */
export function gaborKernel(orientation: number): Float64Array {
  const side = 2 * radius + 1;
  const angle = (orientation * Math.PI) / orientations;
  const kernel = new Float64Array(side * side);
  const inside = (dx: number, dy: number) => dx * dx + dy * dy <= radius * radius;
  let sum = 0;
  let count = 0;
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      if (!inside(dx, dy)) continue;
      const across = dx * Math.cos(angle) + dy * Math.sin(angle);
      const along = -dx * Math.sin(angle) + dy * Math.cos(angle);
      const spread = (across * across + (along * along) / (sigmaRatio * sigmaRatio)) / (2 * sigma * sigma);
      const weight = Math.exp(-spread) * Math.cos((2 * Math.PI * across) / wavelength);
      kernel[(dy + radius) * side + dx + radius] = weight;
      sum += weight;
      count += 1;
    }
  }
  let energy = 0;
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      if (!inside(dx, dy)) continue;
      const i = (dy + radius) * side + dx + radius;
      kernel[i] = kernel[i]! - sum / count;
      energy += kernel[i]! ** 2;
    }
  }
  return kernel.map((weight) => weight / Math.sqrt(energy));
}

/** One tap table entry a quadrant position: offsets by `offsetOf`, weights shared by mirror orientations. */
function writeTable(at: number, offsetOf: (dx: number, dy: number) => number): number {
  const kernels = [0, 1, 2, 3].map(gaborKernel);
  const weight = (k: number, dx: number, dy: number) =>
    kernels[k]![(dy + radius) * (2 * radius + 1) + dx + radius]!;
  let entry = at;
  for (let dy = 0; dy <= radius; dy++) {
    for (let dx = 0; dx <= radius; dx++) {
      if (dx * dx + dy * dy > radius * radius) continue;
      // On an axis the four points fall together in pairs, in the centre all four do.
      const share = (dx === 0 ? 0.5 : 1) * (dy === 0 ? 0.5 : 1);
      const points = [
        [dx, dy],
        [-dx, -dy],
        [dx, -dy],
        [-dx, dy],
      ] as const;
      points.forEach(([x, y], i) => {
        kernelView.setInt32(entry + 4 * i, offsetOf(x, y), true);
      });
      const weights = [
        weight(0, dx, dy),
        weight(3, dx, dy),
        (weight(1, dx, dy) + weight(1, dx, -dy)) / 2,
        (weight(1, dx, dy) - weight(1, dx, -dy)) / 2,
        (weight(2, dx, dy) + weight(2, dx, -dy)) / 2,
        (weight(2, dx, dy) - weight(2, dx, -dy)) / 2,
      ];
      weights.forEach((value, i) => {
        kernelView.setFloat32(entry + 16 + 4 * i, value * share, true);
      });
      entry += entryBytes;
    }
  }
  return entry;
}

/** A quadrant of the circle, axes included, has 58 positions. */
const tapPositions = 58;
const fieldTable = words((tapPositions * entryBytes) / 4).at;
const fieldEnd = writeTable(fieldTable, (dx, dy) => dy * rowBytes + dx * 4);
// The grid reads every second column, so its input keeps even columns in the left half of each row and odd ones in
// the right half: neighbouring outputs then read neighbouring floats. Output column j sits at padded column 9 + 2j,
// which is odd and stands at index 4 + j of the right half.
const halfRow = rowBytes / 2;
const gridTable = words((tapPositions * entryBytes) / 4).at;
const gridEnd = writeTable(gridTable, (dx, dy) =>
  dx % 2 === 0 ? dy * rowBytes + dx * 2 : dy * rowBytes + (dx + 1) * 2 - halfRow,
);
const padded = floats(paddedSide * paddedSide);
const fieldPlane = fieldSide * fieldSide;
const gridPlane = gridSide * gridSide;
/** Responses of all field pixels, plane after plane, where {@link fieldResponses} left them. */
export const fieldRegion = floats(orientations * fieldPlane);
/** Responses of the code grid, plane after plane, where {@link gridResponses} left them. */
export const gridRegion = floats(orientations * gridPlane);

/** Index of a padded position in the field: mirrored at the border without repeating the border pixel. */
const reflected = Int32Array.from({ length: paddedSide }, (_, i) => {
  const at = Math.abs(i - radius);
  return at < fieldSide ? at : 2 * (fieldSide - 1) - at;
});

/** Responses at all 64 x 64 field pixels: 6 x 4,096 floats in `fieldRegion`, until the next call. */
export function fieldResponses(field: Float32Array): Float32Array {
  for (let y = 0; y < paddedSide; y++) {
    const from = reflected[y]! * fieldSide;
    const to = y * paddedSide;
    for (let x = 0; x < paddedSide; x++) padded.view[to + x] = field[from + reflected[x]!]!;
  }
  const first = padded.at + radius * rowBytes + radius * 4;
  filter(fieldTable, fieldEnd, first, rowBytes, fieldSide, fieldSide / 8, fieldRegion.at, fieldPlane * 4);
  return fieldRegion.view;
}

/**
 * Responses on the code grid alone, field pixels (1 + 2i, 1 + 2j): a quarter of the work. 6 x 1,024 floats in
 * `gridRegion`, until the next call.
 */
export function gridResponses(field: Float32Array): Float32Array {
  const half = paddedSide / 2;
  for (let y = 0; y < paddedSide; y++) {
    const from = reflected[y]! * fieldSide;
    const to = y * paddedSide;
    for (let x = 0; x < half; x++) {
      padded.view[to + x] = field[from + reflected[2 * x]!]!;
      padded.view[to + half + x] = field[from + reflected[2 * x + 1]!]!;
    }
  }
  const first = padded.at + (radius + 1) * rowBytes + halfRow + 4 * 4;
  filter(gridTable, gridEnd, first, 2 * rowBytes, gridSide, gridSide / 8, gridRegion.at, gridPlane * 4);
  return gridRegion.view;
}
