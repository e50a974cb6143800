/**
 * PNG to 8-bit grey. The decoder library inflates whatever a file holds, so a file is first reduced to the chunks
 * that matter and its pixel data inflated once under a bound: neither a lying header nor a compressed text chunk
 * can make it allocate.
 */
import { inflateSync } from 'node:zlib';
import { decode } from 'fast-png';
import { ThenarError } from '../errors.ts';
import type { GreyImage } from './image.ts';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
const samplesPerPixel: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

function invalid(message: string, cause?: unknown): ThenarError {
  return new ThenarError('palm_image_invalid', message, cause === undefined ? {} : { cause });
}

interface Header {
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

interface Chunks {
  /** The file again with nothing but header, palette, pixel data and end. */
  readonly essential: Uint8Array;
  readonly pixelData: Uint8Array;
}

/**
 * @param width the sides the scan declares; the file must have them, so that no size check can be bypassed.
 * @throws ThenarError `palm_image_invalid`.
 */
export function decodePng(file: Uint8Array, width: number, height: number): GreyImage {
  const header = readHeader(file, width, height);
  const { essential, pixelData } = readChunks(file);
  checkInflated(pixelData, header, width, height);
  let decoded: ReturnType<typeof decode>;
  try {
    decoded = decode(essential);
  } catch (error) {
    throw invalid('The PNG file cannot be decoded.', error);
  }
  return { pixels: toGrey(decoded, header, width, height), width, height };
}

/** The sides that a PNG file says it has; null when it is no PNG file. */
export function pngSides(file: Uint8Array): { readonly width: number; readonly height: number } | null {
  if (!startsAsPng(file)) return null;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** The text of the first tEXt chunk with this keyword, at most 255 bytes of it; null when there is none. */
export function pngText(file: Uint8Array, keyword: string): string | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = `${keyword}\0`;
  for (let at = 8; at + 12 <= file.length; ) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > file.length) return null;
    const content = file.subarray(at + 4, Math.min(end - 4, at + 8 + start.length + 255));
    const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
    if (text.startsWith(`tEXt${start}`)) return text.slice(4 + start.length);
    at = end;
  }
  return null;
}

function startsAsPng(file: Uint8Array): boolean {
  return file.length >= 33 && signature.every((byte, i) => file[i] === byte);
}

function readHeader(file: Uint8Array, width: number, height: number): Header {
  if (!startsAsPng(file)) throw invalid('This is not a PNG file.');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(8) !== 13 || view.getUint32(12) !== 0x49484452)
    throw invalid('The PNG header is missing.');
  if (view.getUint32(16) !== width || view.getUint32(20) !== height) {
    throw invalid(
      `The PNG file is ${view.getUint32(16)} x ${view.getUint32(20)}, declared as ${width} x ${height}.`,
    );
  }
  const depth = file[24]!;
  const colour = file[25]!;
  const interlaced = file[28] === 1;
  if (depthsOf[colour]?.includes(depth) !== true) throw invalid('The PNG colour type or depth is unknown.');
  if (interlaced && depth < 8) throw invalid('An interlaced PNG has 8 or 16 bits a sample here.');
  return { depth, colour, interlaced };
}

function readChunks(file: Uint8Array): Chunks {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const kept: Uint8Array[] = [file.subarray(0, 8)];
  const data: Uint8Array[] = [];
  let at = 8;
  while (at + 12 <= file.length) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > file.length) break;
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (type === 'IHDR' || type === 'PLTE' || type === 'IDAT' || type === 'IEND')
      kept.push(file.subarray(at, end));
    if (type === 'IDAT') data.push(file.subarray(at + 8, at + 8 + length));
    if (type === 'IEND') return { essential: Buffer.concat(kept), pixelData: Buffer.concat(data) };
    at = end;
  }
  throw invalid('The PNG file is cut off.');
}

function checkInflated(pixelData: Uint8Array, header: Header, width: number, height: number): void {
  const bits = header.depth * samplesPerPixel[header.colour]!;
  const plain = (Math.ceil((width * bits) / 8) + 1) * height;
  // Adam7 writes each row up to seven times in part, each with a filter byte and a rounded-up tail.
  const most = header.interlaced ? plain + 16 * (height + 8) : plain;
  let inflated: Uint8Array;
  try {
    inflated = inflateSync(pixelData, { maxOutputLength: most });
  } catch (error) {
    throw invalid('The PNG pixel data is damaged or larger than its header says.', error);
  }
  if (!header.interlaced && inflated.length !== plain) throw invalid('The PNG pixel data is too short.');
}

function toGrey(
  decoded: ReturnType<typeof decode>,
  header: Header,
  width: number,
  height: number,
): Uint8Array {
  const { data } = decoded;
  const out = new Uint8Array(width * height);
  if (header.depth < 8) {
    unpack(data, header, width, height, decoded.palette, out);
    return out;
  }
  const samples = samplesPerPixel[header.colour]!;
  const shift = header.depth === 16 ? 8 : 0;
  for (let i = 0; i < out.length; i++) {
    const from = i * samples;
    if (header.colour === 3) out[i] = greyOf(decoded.palette, data[from]!);
    else if (samples < 3) out[i] = data[from]! >> shift;
    else out[i] = luminance(data[from]! >> shift, data[from + 1]! >> shift, data[from + 2]! >> shift);
  }
  return out;
}

function unpack(
  data: ArrayLike<number>,
  header: Header,
  width: number,
  height: number,
  palette: readonly (readonly number[])[] | undefined,
  out: Uint8Array,
): void {
  const { depth, colour } = header;
  const rowBytes = Math.ceil((width * depth) / 8);
  const top = (1 << depth) - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const value = (data[y * rowBytes + (bit >> 3)]! >> (8 - depth - (bit & 7))) & top;
      out[y * width + x] = colour === 3 ? greyOf(palette, value) : Math.round((value * 255) / top);
    }
  }
}

function greyOf(palette: readonly (readonly number[])[] | undefined, index: number): number {
  const colour = palette?.[index];
  if (colour === undefined) throw invalid('The PNG file uses a colour that its palette lacks.');
  return luminance(colour[0]!, colour[1]!, colour[2]!);
}

/** ITU-R BT.601 luma, in whole numbers. */
function luminance(red: number, green: number, blue: number): number {
  return (77 * red + 150 * green + 29 * blue + 128) >> 8;
}
