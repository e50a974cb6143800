/** Palm images and templates, and the bodies that carry them. */
import { deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { ThenarError } from '../../../engine/errors.ts';
import { crc32 } from '../../../engine/palm/crc32.ts';
import { decodeScan, type GreyImage, regionSide, resize } from '../../../engine/palm/image.ts';
import { palmModel, probeTurns } from '../../../engine/palm/model.ts';
import { pngSides, pngText } from '../../../engine/palm/png.ts';
import { bocvWords, competitiveWords, vectorLength } from '../../../engine/palm/sizes.ts';
import { decodeProbe, decodeTemplate, encodeProbe, encodeTemplate } from '../../../engine/palm/template.ts';
import { parseJson } from '../../../transport/http/body.ts';
import { parseScans } from '../../../transport/wire/scan.ts';
import type { Draw } from '../draw.ts';
import { hostileBody, hostileJson } from '../json.ts';
import { type Decoder, damaged } from './decoder.ts';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const SIDE = 40;

function chunk(type: string, data: Uint8Array, crc?: number): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(8 + body.length);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc ?? crc32(body), out.length - 4);
  return out;
}

function header(width: number, height: number, depth: number, colour: number, interlace: number): Buffer {
  const out = Buffer.alloc(13);
  out.writeUInt32BE(width);
  out.writeUInt32BE(height, 4);
  return Buffer.concat([out.subarray(0, 8), Buffer.of(depth, colour, 0, 0, interlace)]);
}

const zeros = Buffer.alloc(1024 * 1024);
/** A kilobyte that inflates to a megabyte, and one to eight. */
const bombs = [deflateSync(zeros), deflateSync(Buffer.concat(Array<Buffer>(8).fill(zeros)))];
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** A PNG file whose parts contradict each other in one way or another. */
function craftedPng(draw: Draw): Buffer {
  const side = draw.chance(0.8) ? SIDE : draw.pick([0, 1, 31, 32, 2_048, 65_535, 0x7fffffff, 0xffffffff]);
  const colour = draw.pick([0, 2, 3, 4, 6, 1, 255]);
  const depth = draw.pick([1, 2, 4, 8, 8, 8, 16, 3, 0, 255]);
  const interlace = draw.pick([0, 0, 1, 2]);
  const row = Math.ceil((SIDE * depth * (samplesOf[colour] ?? 1)) / 8) + 1;
  const raw = draw.chance(0.5)
    ? Buffer.alloc(row * SIDE, draw.below(5))
    : draw.bytes(Math.min(row * SIDE, 4_000));
  const data = draw.chance(0.85) ? deflateSync(raw, { level: 1 }) : draw.pick(bombs);
  const chunks = [chunk('IHDR', header(side, side, depth, colour, interlace))];
  if (colour === 3 || draw.chance(0.1))
    chunks.push(chunk('PLTE', Buffer.alloc(draw.pick([3, 6, 768, 767, 0, 3_000]), 9)));
  const more: readonly (() => Buffer[])[] = [
    () => [
      chunk(
        'IHDR',
        header(draw.pick([SIDE, 4_096, 65_535]), draw.pick([SIDE, 4_096, 65_535]), depth, colour, 0),
      ),
    ],
    () => [chunk('PLTE', Buffer.alloc(draw.pick([3, 300, 3_000])))],
    () => [chunk('tEXt', Buffer.concat([Buffer.from('Comment\0'), draw.bytes(draw.length(600))]))],
    () => [chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), draw.pick(bombs)]))],
    () => [chunk('iCCP', Buffer.concat([Buffer.from('icc\0\0'), draw.pick(bombs)]))],
    () => [chunk('tRNS', draw.bytes(draw.length(300)))],
    () => [chunk(draw.text(4, 'abcdIEND\0\xff'), draw.bytes(draw.length(64)))],
    () => Array<Buffer>(draw.below(300)).fill(chunk('IDAT', Buffer.alloc(0))),
  ];
  for (let left = draw.below(3); left > 0; left -= 1) chunks.push(...draw.pick(more)());
  const cuts = draw.chance(0.7) ? 1 : draw.between(2, 40);
  const piece = Math.ceil(data.length / cuts);
  for (let at = 0; at < data.length; at += piece) {
    const crc = draw.chance(0.1) ? draw.below(0xffffffff) : undefined;
    chunks.push(chunk('IDAT', data.subarray(at, at + piece), crc));
  }
  if (draw.chance(0.1)) chunks.push(...draw.pick(more)());
  if (draw.chance(0.9)) chunks.push(chunk('IEND', Buffer.alloc(0)));
  const file = Buffer.concat([signature, ...chunks]);
  return draw.chance(0.25) ? draw.mutated(file) : file;
}

function validPngs(): Buffer[] {
  const grey = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => (at * 7) & 255);
  return [1, 2, 3, 4].flatMap((channels) =>
    ([8, 16] as const).map((depth) => {
      const values = { length: SIDE * SIDE * channels };
      const data =
        depth === 8
          ? Uint8Array.from(values, (_, at) => at & 255)
          : Uint16Array.from(values, (_, at) => at * 7);
      return Buffer.from(
        encode({
          width: SIDE,
          height: SIDE,
          data: channels === 1 && depth === 8 ? grey : data,
          channels,
          depth,
        }),
      );
    }),
  );
}

const region = new Float32Array(regionSide * regionSide);

/** As a worker reads a scan; the sides stand before the file's bytes. */
function readImage(input: Uint8Array, encoding: 'png' | 'raw8'): GreyImage | null {
  if (input.length < 4) return null;
  const sides = new DataView(input.buffer, input.byteOffset, 4);
  const data = input.subarray(4);
  const declared = encoding === 'png' && sides.getUint16(0) === 0 ? pngSides(data) : null;
  const { width, height } = declared ?? { width: sides.getUint16(0), height: sides.getUint16(2) };
  const decoded = decodeScan({ format: 'image', encoding, width, height, data, palmType: 'left' });
  if (!decoded.ok) return null;
  if (decoded.pixels.length !== decoded.width * decoded.height) throw new Error('an image of another size');
  resize(decoded, region);
  return decoded;
}

function withSides(draw: Draw, file: Uint8Array): Buffer {
  const sides = draw.chance(0.85)
    ? [SIDE, SIDE]
    : [draw.pick([0, 31, 32, 2_048, 65_535]), draw.pick([1, 40, 2_049])];
  const front = Buffer.alloc(4);
  front.writeUInt16BE(sides[0] ?? 0);
  front.writeUInt16BE(sides[1] ?? 0, 2);
  return Buffer.concat([front, file]);
}

function templates(): Uint8Array[] {
  const vector = new Float32Array(vectorLength).fill(1 / Math.sqrt(vectorLength));
  const code = {
    bocv: new Uint32Array(bocvWords).fill(0x55555555),
    competitive: new Uint32Array(competitiveWords),
  };
  return [encodeTemplate({ vector, code }), encodeProbe({ vector, codes: probeTurns.map(() => code) })];
}

/** With a right checksum, so that what lies behind it is reached. */
function resealed(draw: Draw, template: Uint8Array): Uint8Array {
  const bytes = draw.mutated(template.subarray(0, -4));
  const out = Buffer.concat([bytes, Buffer.alloc(4)]);
  out.writeUInt32LE(crc32(bytes), bytes.length);
  return out;
}

export function palmDecoders(): Decoder[] {
  const files = validPngs();
  const valid = templates();
  const data = Buffer.from(valid[0] ?? []).toString('base64');
  const scan = {
    format: 'template',
    model: palmModel,
    data,
    palm_type: 'left',
    quality: 0.5,
    liveness: { score: 0.5 },
  };
  const image = {
    format: 'image',
    encoding: 'png',
    width: SIDE,
    height: SIDE,
    data: files[0]?.toString('base64'),
    palm_type: 'right',
  };
  const result = { format: 'result', matched: true, scores: [0.5], feature_id: 'f', palm_type: 'left' };
  const bodies = [
    { scan },
    { scans: [scan, image] },
    { scan: image },
    { scan: result },
    { scan, scans: [scan] },
  ];
  return [
    {
      name: 'png',
      weight: 2,
      input: (draw) => withSides(draw, draw.chance(0.5) ? craftedPng(draw) : damaged(draw, files)),
      read: (input) => readImage(input, 'png'),
    },
    {
      name: 'png-text',
      input: (draw) => damaged(draw, files),
      read: (input) => [pngSides(input), pngText(input, 'Comment')],
    },
    {
      name: 'raw8',
      input: (draw) =>
        withSides(draw, draw.bytes(draw.pick([0, 1, SIDE * SIDE - 1, SIDE * SIDE, SIDE * SIDE + 1]))),
      read: (input) => readImage(input, 'raw8'),
    },
    {
      name: 'template',
      weight: 2,
      input: (draw) => (draw.chance(0.5) ? resealed(draw, draw.pick(valid)) : damaged(draw, valid)),
      read(input) {
        const { vector, code } = decodeTemplate(input);
        if (vector.length !== vectorLength || code.bocv.length !== bocvWords) throw new Error('another size');
        return decodeProbe(input).codes.length;
      },
    },
    {
      name: 'scan-body',
      weight: 2,
      input(draw) {
        const body = draw.pick(bodies);
        return Buffer.from(draw.chance(0.8) ? hostileBody(draw, {}, body) : `{"scan":${hostileJson(draw)}}`);
      },
      read: (input) => parseScans(parseJson(textOf(input)), input),
    },
  ];
}

/** As a body is decoded before it is parsed. */
export function textOf(input: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(input);
  } catch {
    throw new ThenarError('malformed_body', 'The body is not valid UTF-8.');
  }
}
