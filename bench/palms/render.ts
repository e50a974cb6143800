import { ThenarError } from '../../engine/errors.ts';
import type { Hand } from '../../engine/palm/types.ts';
import { type Curve, type CurveKind, type PalmIdentity, palmIdentity } from './identity.ts';
import { exponential, power } from './mathematics.ts';
import { SeededRandom } from './random.ts';
import { LineRaster } from './raster.ts';
import { textureSide } from './texture.ts';
import { drawWarp, elasticField, projectPoint, type Warp } from './warp.ts';

export type PalmPreset = 'normal' | 'hard';

export interface PalmRequest {
  readonly seed: number;
  readonly identity: number;
  readonly hand: Hand;
  readonly sample: number;
  /** Default `normal`; benches of accuracy use `hard`. */
  readonly preset?: PalmPreset;
  /** Pixels a side, 128 (default) to 192. */
  readonly side?: number;
}

export interface GreyImage {
  readonly width: number;
  readonly height: number;
  /** Row by row, one byte a pixel. */
  readonly pixels: Uint8Array;
}

/** What differs between samples of one palm; lengths in pixels of the 128 frame. */
const presets = {
  normal: { rotationDegrees: 2, scale: 0.02, translation: 2.5, elastic: 1, noise: 5, texture: 7, drop: 0.08 },
  hard: { rotationDegrees: 3, scale: 0.02, translation: 2.5, elastic: 2.2, noise: 7, texture: 5, drop: 0.15 },
} as const;

/** Straight pieces a curve is drawn with: enough that no bend shows at 192 pixels. */
const pieces: Readonly<Record<CurveKind, number>> = { principal: 20, wrinkle: 8, fine: 2 };

/**
 * One sample of one synthetic palm: a grey palm region, the same bytes for the same request on every machine.
 * A few milliseconds; the first sample of a palm also makes its fixed texture. Error rates measured on these
 * images are never those of real palms.
 * @throws ThenarError `validation_failed` when `side` is outside 128 to 192.
 */
export function renderPalm(request: PalmRequest): GreyImage {
  const side = request.side ?? 128;
  if (!Number.isInteger(side) || side < 128 || side > 192) {
    throw new ThenarError('validation_failed', 'A synthetic palm is 128 to 192 pixels a side.');
  }
  const preset = presets[request.preset ?? 'normal'];
  const palm = palmIdentity(request.seed, request.identity, request.hand);
  const random = new SeededRandom(
    request.seed,
    request.identity,
    request.hand === 'left' ? 1 : 2,
    1 + request.sample,
  );
  const warp = drawWarp(random, preset);
  const image = new Float32Array(side * side);
  paintSkin(image, side, palm, warp, preset.texture, random);
  paintCreases(image, side, palm, warp, preset.drop, random);
  const gamma = exponential(random.gaussian(0.08));
  const blur = random.between(0.6, 1.1) * (side / 128);
  applyGamma(image, gamma);
  blurImage(image, side, blur);
  const noise = new Float32Array(image.length);
  random.fillGaussian(noise, preset.noise);
  const pixels = new Uint8Array(image.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = y * side + x;
      const value = image[from]! + noise[from]!;
      pixels[y * side + (palm.mirrored ? side - 1 - x : x)] = value < 0 ? 0 : value > 255 ? 255 : value + 0.5;
    }
  }
  return { width: side, height: side, pixels };
}

/** Base grey, the palm's texture fetched along the warp, and this sample's illumination. */
function paintSkin(
  image: Float32Array,
  side: number,
  palm: PalmIdentity,
  warp: Warp,
  strength: number,
  random: SeededRandom,
): void {
  const gradientX = random.gaussian(14) / 64;
  const gradientY = random.gaussian(14) / 64;
  const elasticX = new Float32Array(image.length);
  const elasticY = new Float32Array(image.length);
  elasticField(warp.elasticX, side, elasticX);
  elasticField(warp.elasticY, side, elasticY);
  const unit = 128 / side;
  const margin = (textureSide - 128) / 2;
  const texture = palm.texture;
  for (let y = 0; y < side; y++) {
    const dy = (y + 0.5) * unit - 64;
    for (let x = 0; x < side; x++) {
      const at = y * side + x;
      const dx = (x + 0.5) * unit - 64;
      let u = 64 + warp.scale * (warp.cosine * dx - warp.sine * dy) + warp.moveX + elasticX[at]!;
      let v = 64 + warp.scale * (warp.sine * dx + warp.cosine * dy) + warp.moveY + elasticY[at]!;
      u = Math.min(textureSide - 1.001, Math.max(0, u + margin - 0.5));
      v = Math.min(textureSide - 1.001, Math.max(0, v + margin - 0.5));
      const column = u | 0;
      const row = v | 0;
      const across = u - column;
      const down = v - row;
      const cell = row * textureSide + column;
      const upper = texture[cell]! + across * (texture[cell + 1]! - texture[cell]!);
      const next = cell + textureSide;
      const lower = texture[next]! + across * (texture[next + 1]! - texture[next]!);
      image[at] = palm.base + strength * (upper + down * (lower - upper)) + gradientX * dx + gradientY * dy;
    }
  }
}

/** All creases of the palm that this sample shows, each moved a little on its own. */
function paintCreases(
  image: Float32Array,
  side: number,
  palm: PalmIdentity,
  warp: Warp,
  drop: number,
  random: SeededRandom,
): void {
  const raster = new LineRaster(image, side);
  const polyline = new Float64Array(2 * (pieces.principal + 1));
  const contrast = exponential(random.gaussian(0.18));
  const control = new Float64Array(6);
  for (const curve of palm.curves) {
    const shown =
      curve.kind === 'principal' || random.uniform() >= (curve.kind === 'fine' ? 1.6 * drop : drop);
    const gain = random.between(0.75, 1.25) * contrast;
    const jitter = curve.kind === 'principal' ? 0.006 : 0.003;
    for (let index = 0; index < 6; index++) control[index] = curve.points[index]! + random.gaussian(jitter);
    if (!shown) continue;
    const count = traceCurve(curve, control, warp, side, polyline);
    raster.draw(polyline, count, (curve.deviation * side) / 128, curve.depth * gain);
  }
}

/** Points along a curve in image pixels; returns how many. */
function traceCurve(
  curve: Curve,
  control: Float64Array,
  warp: Warp,
  side: number,
  polyline: Float64Array,
): number {
  const count = pieces[curve.kind];
  for (let index = 0; index <= count; index++) {
    const t = index / count;
    const a = (1 - t) * (1 - t);
    const b = 2 * t * (1 - t);
    const c = t * t;
    const x = a * control[0]! + b * control[2]! + c * control[4]!;
    const y = a * control[1]! + b * control[3]! + c * control[5]!;
    projectPoint(warp, x * 128, y * 128, polyline, index * 2);
    polyline[index * 2] = (polyline[index * 2]! * side) / 128 - 0.5;
    polyline[index * 2 + 1] = (polyline[index * 2 + 1]! * side) / 128 - 0.5;
  }
  return count + 1;
}

/** Grey^gamma on [0, 255], by a table of 1,024 steps. */
function applyGamma(image: Float32Array, gamma: number): void {
  const table = new Float32Array(1025);
  for (let index = 1; index < table.length; index++) table[index] = 255 * power(index / 1024, gamma);
  for (let at = 0; at < image.length; at++) {
    const level = Math.min(1023.999, Math.max(0, image[at]! * (1024 / 255)));
    const below = level | 0;
    image[at] = table[below]! + (level - below) * (table[below + 1]! - table[below]!);
  }
}

/** Separable Gaussian of seven taps; enough up to a deviation of 1.7 pixels. Borders repeat. */
function blurImage(image: Float32Array, side: number, deviation: number): void {
  const taps = new Float32Array(4);
  let sum = 0;
  for (let tap = 0; tap < 4; tap++) {
    taps[tap] = exponential((-tap * tap) / (2 * deviation * deviation));
    sum += tap === 0 ? taps[tap]! : 2 * taps[tap]!;
  }
  const [w0, w1, w2, w3] = [taps[0]! / sum, taps[1]! / sum, taps[2]! / sum, taps[3]! / sum];
  const line = new Float32Array(side + 6);
  for (const [step, stride] of [
    [1, side],
    [side, 1],
  ] as const) {
    for (let row = 0; row < side; row++) {
      const start = row * stride;
      for (let index = -3; index < side + 3; index++) {
        const from = index < 0 ? 0 : index >= side ? side - 1 : index;
        line[index + 3] = image[start + from * step]!;
      }
      for (let index = 0; index < side; index++) {
        image[start + index * step] =
          w0 * line[index + 3]! +
          w1 * (line[index + 2]! + line[index + 4]!) +
          w2 * (line[index + 1]! + line[index + 5]!) +
          w3 * (line[index]! + line[index + 6]!);
      }
    }
  }
}
