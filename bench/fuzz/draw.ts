/** Choices of a generator of bad inputs: all from one seed, so that a number names an input. */
import { SeededRandom } from '../palms/random.ts';

/** Lengths and numbers at which readers of bytes go wrong. */
const edges = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 65_535, 65_536] as const;

export class Draw {
  readonly #random: SeededRandom;

  /** @param keys seed, surface and number of the input */
  constructor(...keys: readonly number[]) {
    this.#random = new SeededRandom(...keys);
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return this.#random.below(count);
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.#random.uniform() < probability;
  }

  pick<T>(from: readonly T[]): T {
    const found = from[this.below(from.length)];
    if (found === undefined && from.length === 0) throw new RangeError('nothing to pick from');
    return found as T;
  }

  /** A small length most of the time, an edge or a large one now and then; at most `max`. */
  length(max: number): number {
    const drawn = this.chance(0.5)
      ? this.below(24)
      : this.chance(0.6)
        ? this.pick(edges)
        : this.below(max + 1);
    return Math.min(max, drawn);
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at += 1) bytes[at] = this.below(256);
    return bytes;
  }

  text(length: number, alphabet: string): string {
    let text = '';
    for (let at = 0; at < length; at += 1) text += alphabet[this.below(alphabet.length)] ?? '';
    return text;
  }

  /** Damages a copy: bits, bytes, numbers, cuts, repetitions, and pieces moved from one place to another. */
  mutated(valid: Uint8Array): Buffer {
    let bytes: Buffer = Buffer.from(valid);
    for (let left = 1 + this.below(this.chance(0.7) ? 2 : 8); left > 0; left -= 1)
      bytes = this.#damaged(bytes);
    return bytes;
  }

  #damaged(bytes: Buffer): Buffer {
    if (bytes.length === 0) return this.bytes(this.length(64));
    const at = this.below(bytes.length);
    const length = Math.min(bytes.length - at, 1 + this.length(256));
    switch (this.below(9)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << this.below(8));
        return bytes;
      case 1:
        bytes[at] = this.below(256);
        return bytes;
      case 2:
        bytes[at] = this.pick([0, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x20, 0x22, 0x30, 0x5b, 0x7b]);
        return bytes;
      case 3:
        return this.#number(bytes, at);
      case 4:
        return bytes.subarray(0, at);
      case 5:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
      case 6:
        return Buffer.concat([bytes.subarray(0, at), this.bytes(length), bytes.subarray(at)]);
      case 7: {
        const times = 1 + this.below(this.chance(0.9) ? 3 : 200);
        const piece = bytes.subarray(at, at + length);
        return Buffer.concat([
          bytes.subarray(0, at),
          ...Array<Buffer>(times).fill(piece),
          bytes.subarray(at),
        ]);
      }
      default: {
        const from = this.below(bytes.length);
        bytes.copyWithin(at, from, Math.min(bytes.length, from + length));
        return bytes;
      }
    }
  }

  /** Writes a number of two or four bytes where one may stand. */
  #number(bytes: Buffer, at: number): Buffer {
    const value = this.chance(0.5)
      ? this.pick(edges)
      : this.pick([0x7fffffff, 0x80000000, 0xffffffff, 0x1000000]);
    if (at + 4 <= bytes.length && this.chance(0.5)) {
      if (this.chance(0.5)) bytes.writeUInt32BE(value, at);
      else bytes.writeUInt32LE(value, at);
    } else if (at + 2 <= bytes.length) bytes.writeUInt16BE(value & 0xffff, at);
    return bytes;
  }
}
