import type { SeededRandom } from './random.ts';

/** Side of a palm's fixed texture: the 128 pixel frame and a margin of 32 for moves and rotations. */
export const textureSide = 192;

/** Blur in pixels of the 128 frame, and amplitude as a multiple of the preset's texture strength. */
const layers = [
  { blur: 1.6, amplitude: 1 },
  { blur: 5, amplitude: 0.8 },
  { blur: 28, amplitude: 2 },
] as const;

/**
 * The fixed skin texture of one palm at strength 1: the sum of three layers of blurred noise, each of zero mean
 * and the deviation of its amplitude. `textureSide` squared values.
 */
export function skinTexture(random: SeededRandom): Float32Array {
  const sum = new Float32Array(textureSide * textureSide);
  const layer = new Float32Array(sum.length);
  const scratch = new Float32Array(sum.length);
  for (const { blur, amplitude } of layers) {
    random.fillGaussian(layer);
    const radius = boxRadius(blur);
    for (let pass = 0; pass < 3; pass++) {
      boxTransposed(layer, scratch, radius);
      boxTransposed(scratch, layer, radius);
    }
    let mean = 0;
    for (const value of layer) mean += value;
    mean /= layer.length;
    let variance = 0;
    for (const value of layer) variance += (value - mean) * (value - mean);
    const factor = amplitude / Math.sqrt(variance / layer.length);
    for (let index = 0; index < sum.length; index++) {
      sum[index] = sum[index]! + (layer[index]! - mean) * factor;
    }
  }
  return sum;
}

/** Three box passes of this radius have about the variance of one Gaussian of the given deviation. */
function boxRadius(deviation: number): number {
  return Math.max(1, Math.round((Math.sqrt(4 * deviation * deviation + 1) - 1) / 2));
}

/** Running mean along rows with wrap-around (so that no border shows), written transposed. */
function boxTransposed(source: Float32Array, target: Float32Array, radius: number): void {
  const side = textureSide;
  const share = 1 / (2 * radius + 1);
  for (let row = 0; row < side; row++) {
    const start = row * side;
    let sum = 0;
    for (let offset = -radius; offset <= radius; offset++) sum += source[start + ((offset + side) % side)]!;
    let leaving = side - radius;
    let entering = radius + 1;
    if (leaving === side) leaving = 0;
    if (entering === side) entering = 0;
    for (let column = 0; column < side; column++) {
      target[column * side + row] = sum * share;
      sum += source[start + entering]! - source[start + leaving]!;
      if (++leaving === side) leaving = 0;
      if (++entering === side) entering = 0;
    }
  }
}
