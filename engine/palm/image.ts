/** From the bytes of an image scan to a grey region of 128 x 128. */
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { ScanRefusal } from '../ports.ts';
import { regionSide } from './field.ts';
import { decodePng } from './png.ts';
import type { ImageScan } from './types.ts';

export { box, fieldSide, halve, halveTurned, normalise, regionSide } from './field.ts';

/** An 8-bit grey image, row by row, without padding. */
export interface GreyImage {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Reads an image scan: raw8 or PNG, any PNG colour type and depth, to 8-bit grey.
 * Sizes are checked before anything is decompressed. Never throws: what cannot be read is a refusal with code
 * `palm_image_invalid`.
 */
export function decodeScan(scan: ImageScan): ({ readonly ok: true } & GreyImage) | ScanRefusal {
  try {
    checkSides(scan.width, scan.height);
    if (scan.encoding === 'png') return { ok: true, ...decodePng(scan.data, scan.width, scan.height) };
    if (scan.data.length !== scan.width * scan.height) {
      throw invalid(
        `A raw8 image of ${scan.width} x ${scan.height} has ${scan.width * scan.height} bytes, not ${scan.data.length}.`,
      );
    }
    return { ok: true, pixels: scan.data, width: scan.width, height: scan.height };
  } catch (error) {
    if (!(error instanceof ThenarError)) throw error;
    return { ok: false, code: error.code, message: error.message };
  }
}

function invalid(message: string): ThenarError {
  return new ThenarError('palm_image_invalid', message);
}

function checkSides(width: number, height: number): void {
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < limits.image_side_min || side > limits.image_side_max) {
      throw invalid(
        `Image sides are whole numbers from ${limits.image_side_min} to ${limits.image_side_max}.`,
      );
    }
  }
}

/** For each output position the first source index and the weights of those that follow. */
interface Axis {
  readonly start: Int32Array;
  readonly taps: number;
  readonly weights: Float32Array;
}

const axes = new Map<number, Axis>();

/** Triangle filter: bilinear when enlarging, and widened by the ratio when shrinking so that nothing aliases. */
function axisOf(size: number): Axis {
  const known = axes.get(size);
  if (known !== undefined) return known;
  const ratio = size / regionSide;
  const reach = Math.max(1, ratio);
  const taps = Math.min(size, Math.ceil(2 * reach) + 1);
  const start = new Int32Array(regionSide);
  const weights = new Float32Array(regionSide * taps);
  for (let i = 0; i < regionSide; i++) {
    const centre = (i + 0.5) * ratio - 0.5;
    const first = Math.min(Math.max(0, Math.ceil(centre - reach)), size - taps);
    start[i] = first;
    let sum = 0;
    for (let t = 0; t < taps; t++) sum += Math.max(0, 1 - Math.abs(first + t - centre) / reach);
    for (let t = 0; t < taps; t++) {
      weights[i * taps + t] = Math.max(0, 1 - Math.abs(first + t - centre) / reach) / sum;
    }
  }
  // Tenants have few scanner models; a flood of odd sizes only costs recomputation.
  if (axes.size > 64) axes.clear();
  const axis = { start, taps, weights };
  axes.set(size, axis);
  return axis;
}

const resizeScratch = new Float32Array(regionSide * limits.image_side_max);

/** Resizes to 128 x 128, each axis on its own. Writes grey levels 0 to 255 into `out` (16,384 floats). */
export function resize(image: GreyImage, out: Float32Array): void {
  const { pixels, width, height } = image;
  if (width === regionSide && height === regionSide) {
    out.set(pixels);
    return;
  }
  const across = axisOf(width);
  const down = axisOf(height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < regionSide; x++) {
      const from = y * width + across.start[x]!;
      let sum = 0;
      for (let t = 0; t < across.taps; t++) sum += across.weights[x * across.taps + t]! * pixels[from + t]!;
      resizeScratch[y * regionSide + x] = sum;
    }
  }
  for (let y = 0; y < regionSide; y++) {
    const from = down.start[y]! * regionSide;
    for (let x = 0; x < regionSide; x++) {
      let sum = 0;
      for (let t = 0; t < down.taps; t++) {
        sum += down.weights[y * down.taps + t]! * resizeScratch[from + t * regionSide + x]!;
      }
      out[y * regionSide + x] = sum;
    }
  }
}
