import { logarithm, normalQuantile } from './mathematics.ts';

/** Normal quantiles at 4,096 equal steps: noise by the pixel needs a fast draw, not the far tails. */
const quickNormal = new Float32Array(4096);
for (let index = 0; index < 4096; index++) quickNormal[index] = normalQuantile((index + 0.5) / 4096);

/** One step of splitmix32 (Steele et al. 2014): spreads neighbouring keys over all 32 bits. */
function mix(value: number): number {
  let z = (value + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/**
 * Seeded random numbers, the same bits on every machine: xoshiro128** (Blackman & Vigna 2018), its state mixed
 * from any number of whole-number keys, so that `(seed, identity, sample)` names an independent stream.
 */
export class SeededRandom {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  private spare: number | null = null;

  constructor(...keys: readonly number[]) {
    let state = 0x7468656e;
    for (const key of keys) {
      state = mix(state ^ (key >>> 0));
      // Keys beyond 32 bits count too: the high part is zero for ordinary ones.
      state = mix(state ^ Math.floor(key / 0x1_0000_0000));
    }
    this.a = mix(state ^ 1);
    this.b = mix(state ^ 2);
    this.c = mix(state ^ 3);
    // All-zero is the one state the generator cannot leave.
    this.d = mix(state ^ 4) | 1;
  }

  /** A whole number of 32 bits. */
  bits(): number {
    const result = Math.imul(rotate(Math.imul(this.b, 5), 7), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = rotate(this.d, 11);
    return result;
  }

  /** In [0, 1), 32 bits fine. */
  uniform(): number {
    return this.bits() * 2.3283064365386963e-10;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** Normal with mean 0, by Marsaglia's polar method. */
  gaussian(deviation = 1): number {
    if (this.spare !== null) {
      const kept = this.spare;
      this.spare = null;
      return kept * deviation;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * logarithm(square)) / square);
      this.spare = y * factor;
      return x * factor * deviation;
    }
  }

  /** Fills with normal values of mean 0 from the quick table (cut at 3.7 deviations). */
  fillGaussian(target: Float32Array, deviation = 1): void {
    for (let index = 0; index < target.length; index += 2) {
      const drawn = this.bits();
      target[index] = quickNormal[drawn & 4095]! * deviation;
      if (index + 1 < target.length) target[index + 1] = quickNormal[drawn >>> 20]! * deviation;
    }
  }
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
