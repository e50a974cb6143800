/**
 * PNG to 8-bit grey. The decoder library believes whatever a file holds, the last header included, so it is handed
 * another file: the header that was checked, one palette, and all pixel data in one chunk, inflated before under a
 * bound. Neither a lying header, nor a second one, nor a compressed text, nor pixel data in a hundred thousand pieces
 * can make it allocate or work.
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
  /** Colours of the palette, three bytes each; null when there is none. */
  readonly palette: Uint8Array | null;
  readonly pixelData: Uint8Array;
}

/** Names of chunks as the numbers that their four letters are. */
const chunkType = { header: 0x49484452, palette: 0x504c5445, data: 0x49444154, end: 0x49454e44 } as const;
/** A palette has an entry for each value of eight bits at most (PNG, section 11.2.3). */
const PALETTE_BYTES_MAX = 3 * 256;
/** Signature and header chunk, which comes first. */
const HEADER_END = 33;

/**
 * @param width the sides the scan declares; the file must have them, so that no size check can be bypassed.
 * @throws ThenarError `palm_image_invalid`.
 */
export function decodePng(file: Uint8Array, width: number, height: number): GreyImage {
  const header = readHeader(file, width, height);
  const chunks = readChunks(file);
  checkInflated(chunks.pixelData, header, width, height);
  let decoded: ReturnType<typeof decode>;
  try {
    decoded = decode(rewritten(file, chunks));
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
  return file.length >= HEADER_END && signature.every((byte, i) => file[i] === byte);
}

function readHeader(file: Uint8Array, width: number, height: number): Header {
  if (!startsAsPng(file)) throw invalid('This is not a PNG file.');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(8) !== 13 || view.getUint32(12) !== chunkType.header)
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
  const data: Uint8Array[] = [];
  let palette: Uint8Array | null = null;
  let at = HEADER_END;
  while (at + 12 <= file.length) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > file.length) break;
    const contents = file.subarray(at + 8, at + 8 + length);
    switch (view.getUint32(at + 4)) {
      case chunkType.header:
        throw invalid('The PNG file has two headers.');
      case chunkType.palette:
        if (palette !== null || length > PALETTE_BYTES_MAX) throw invalid('The PNG palette is not one.');
        palette = contents;
        break;
      case chunkType.data:
        data.push(contents);
        break;
      case chunkType.end:
        return { palette, pixelData: Buffer.concat(data) };
    }
    at = end;
  }
  throw invalid('The PNG file is cut off.');
}

/** The file as the library gets it. Checksums are left zero: it does not look at them, and neither does this reader. */
function rewritten(file: Uint8Array, { palette, pixelData }: Chunks): Uint8Array {
  const parts = palette === null ? [] : chunk(chunkType.palette, palette);
  const rest = [...parts, ...chunk(chunkType.data, pixelData), ...chunk(chunkType.end, new Uint8Array())];
  return Buffer.concat([file.subarray(0, HEADER_END), ...rest]);
}

function chunk(type: number, contents: Uint8Array): readonly Uint8Array[] {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(contents.length);
  head.writeUInt32BE(type, 4);
  return [head, contents, Buffer.alloc(4)];
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
