import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { GreyImage } from './render.ts';

/**
 * Reads a portable grey map, plain (P2) or raw (P5), 8 or 16 bits, scaled to 0..255 (Netpbm's PGM format).
 * @throws ThenarError `palm_image_invalid` when it is not one, is cut short, or its sides are out of bounds.
 */
export function decodePgm(file: Uint8Array): GreyImage {
  const reader = new HeaderReader(file);
  const magic = String.fromCharCode(file[0] ?? 0, file[1] ?? 0);
  if (magic !== 'P2' && magic !== 'P5') throw invalid('it starts with neither P2 nor P5');
  reader.at = 2;
  const width = reader.number();
  const height = reader.number();
  const highest = reader.number();
  if (width < 1 || height < 1 || Math.max(width, height) > limits.image_side_max) {
    throw invalid(`its sides are ${width} x ${height}`);
  }
  if (highest < 1 || highest > 65_535) throw invalid(`its highest value is ${highest}`);
  const pixels = new Uint8Array(width * height);
  if (magic === 'P2') {
    for (let index = 0; index < pixels.length; index++) pixels[index] = scaled(reader.number(), highest);
    return { width, height, pixels };
  }
  // Exactly one byte of white space parts the header from the raster.
  const start = reader.at + 1;
  const bytes = highest > 255 ? 2 : 1;
  if (file.length < start + pixels.length * bytes) throw invalid('it is cut short');
  for (let index = 0; index < pixels.length; index++) {
    const value =
      bytes === 1 ? file[start + index]! : file[start + 2 * index]! * 256 + file[start + 2 * index + 1]!;
    pixels[index] = scaled(value, highest);
  }
  return { width, height, pixels };
}

/** Writes a raw (P5) grey map. */
export function encodePgm(image: GreyImage): Uint8Array {
  const header = new TextEncoder().encode(`P5\n${image.width} ${image.height}\n255\n`);
  const file = new Uint8Array(header.length + image.pixels.length);
  file.set(header);
  file.set(image.pixels, header.length);
  return file;
}

function scaled(value: number, highest: number): number {
  return highest === 255 ? Math.min(value, 255) : Math.round((Math.min(value, highest) * 255) / highest);
}

function invalid(why: string): ThenarError {
  return new ThenarError('palm_image_invalid', `The grey map cannot be read: ${why}.`);
}

/** Decimal numbers parted by white space; `#` starts a comment that ends with its line. */
class HeaderReader {
  at = 0;
  private readonly file: Uint8Array;

  constructor(file: Uint8Array) {
    this.file = file;
  }

  number(): number {
    for (;;) {
      const byte = this.file[this.at];
      if (byte === 35) while (this.at < this.file.length && this.file[this.at] !== 10) this.at++;
      else if (byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13)) this.at++;
      else break;
    }
    let value = 0;
    const start = this.at;
    for (; this.at < this.file.length && this.at - start < 9; this.at++) {
      const digit = this.file[this.at]! - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (this.at === start) throw invalid('a number is missing');
    return value;
  }
}
