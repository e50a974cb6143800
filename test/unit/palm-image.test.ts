import { deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import t from 'tap';
import { renderPalm } from '../../bench/palms/render.ts';
import { crc32 } from '../../engine/palm/crc32.ts';
import { extractRaw } from '../../engine/palm/extract.ts';
import { decodeScan } from '../../engine/palm/image.ts';
import { qualityRefusal } from '../../engine/palm/quality.ts';
import { seededWords } from '../oracle/palms.ts';

const side = 64;
const grey = Uint8Array.from({ length: side * side }, (_, i) => (i * 7) & 255);
const scan = (encoding: 'png' | 'raw8', data: Uint8Array, width = side, height = side) =>
  ({ format: 'image', encoding, width, height, data, palmType: 'left' }) as const;

function pixels(data: Uint8Array): Uint8Array | string {
  const decoded = decodeScan(scan('png', data));
  return decoded.ok ? decoded.pixels : decoded.message;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(8 + body.length);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), out.length - 4);
  return out;
}

/** A PNG file put together by hand, for what an encoder would not write. */
function png(
  header: { width?: number; height?: number; depth: number; colour: number },
  raw: Uint8Array,
  extra: readonly Buffer[] = [],
): Uint8Array {
  const ihdr = Buffer.alloc(13);
  ihdr.writeUInt32BE(header.width ?? side, 0);
  ihdr.writeUInt32BE(header.height ?? side, 4);
  ihdr[8] = header.depth;
  ihdr[9] = header.colour;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    chunk('IHDR', ihdr),
    ...extra,
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

t.test('every colour type and depth becomes the same 8-bit grey', (t) => {
  const write = (data: Uint8Array | Uint16Array, channels: number, depth: 8 | 16) =>
    encode({ width: side, height: side, data, channels, depth });
  const spread = (channels: number) =>
    Uint8Array.from({ length: side * side * channels }, (_, i) =>
      (channels === 2 || channels === 4) && i % channels === channels - 1
        ? 255
        : grey[Math.floor(i / channels)]!,
    );
  for (const channels of [1, 2, 3, 4]) {
    t.same(pixels(write(spread(channels), channels, 8)), grey, `${channels} channels of 8 bits`);
    const deep = Uint16Array.from(spread(channels), (value) => value * 257);
    t.same(pixels(write(deep, channels, 16)), grey, `${channels} channels of 16 bits`);
  }
  const palette = Buffer.from(Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3)));
  const indexed = Buffer.concat(
    Array.from({ length: side }, (_, y) => Buffer.from([0, ...grey.subarray(y * side, (y + 1) * side)])),
  );
  t.same(pixels(png({ depth: 8, colour: 3 }, indexed, [chunk('PLTE', palette)])), grey, 'palette');
  const halves = Buffer.concat(
    Array.from({ length: side }, () => Buffer.from([0, ...new Uint8Array(side / 8).fill(0xf0)])),
  );
  t.same(
    pixels(png({ depth: 1, colour: 0 }, halves)),
    Uint8Array.from({ length: side * side }, (_, i) => (i % 8 < 4 ? 255 : 0)),
    'one bit',
  );
  t.end();
});

t.test('what is not such an image is refused with a reason', (t) => {
  const good = encode({ width: side, height: side, data: grey, channels: 1 });
  const refused = (name: string, given: Parameters<typeof decodeScan>[0], says: RegExp) => {
    const result = decodeScan(given);
    t.match(result, { ok: false, code: 'palm_image_invalid', message: says }, name);
  };
  refused('raw8 too short', scan('raw8', grey.subarray(1)), /4096 bytes/);
  refused('too small', scan('raw8', new Uint8Array(100), 10, 10), /from 32/);
  refused('too large', scan('png', good, 4096, 64), /to 2048/);
  refused('a side that is no number', scan('raw8', grey, Number.NaN, 64), /whole/);
  refused('not a PNG', scan('png', grey), /not a PNG/);
  refused('another size than declared', scan('png', good, 65, 64), /declared/);
  refused('cut off', scan('png', good.subarray(0, good.length - 20)), /cut off/);
  refused('no pixels', scan('png', png({ depth: 8, colour: 0 }, Buffer.alloc(10))), /too short/);
  refused('unknown colour', scan('png', png({ depth: 8, colour: 5 }, grey)), /unknown/);
  refused(
    'colour outside its palette',
    scan('png', png({ depth: 8, colour: 3 }, Buffer.alloc(65 * 64, 1), [chunk('PLTE', Buffer.alloc(0))])),
    /./,
  );
  const broken = Uint8Array.from(good);
  broken.fill(0xff, 45, 60);
  refused('damaged pixel data', scan('png', broken), /damaged|cut off/);
  t.end();
});

t.test('nothing inflates beyond what its header says', (t) => {
  const bomb = png({ depth: 8, colour: 0 }, Buffer.alloc(64 * 1024 * 1024));
  t.ok(bomb.length < 128 * 1024);
  t.match(decodeScan(scan('png', bomb)), { ok: false, message: /larger than its header/ });
  const profile = Buffer.concat([
    Buffer.from('x\0\0', 'latin1'),
    deflateSync(Buffer.alloc(64 * 1024 * 1024)),
  ]);
  const rows = Buffer.alloc(65 * 64);
  const before = process.memoryUsage().arrayBuffers;
  t.match(decodeScan(scan('png', png({ depth: 8, colour: 0 }, rows, [chunk('iCCP', profile)]))), {
    ok: true,
  });
  t.ok(
    process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024,
    'other chunks are not inflated at all',
  );
  t.end();
});

t.test('a file cannot say one thing and then another', (t) => {
  const rows = Buffer.alloc(65 * 64);
  const second = Buffer.alloc(13);
  second.writeUInt32BE(60_000, 0);
  second.writeUInt32BE(60_000, 4);
  second[8] = 8;
  const palette = chunk('PLTE', Buffer.alloc(768));
  const header = { depth: 8, colour: 0 };
  t.match(pixels(png(header, rows, [chunk('IHDR', second)])), /two headers/, 'not another size');
  t.match(pixels(png({ ...header, colour: 3 }, rows, [palette, palette])), /palette/, 'not another palette');
  const large = chunk('PLTE', Buffer.alloc(3 * 257));
  t.match(pixels(png({ ...header, colour: 3 }, rows, [large])), /palette/, 'nor one that is too large');
  t.end();
});

t.test('random bytes never do anything but refuse', (t) => {
  const next = seededWords(8);
  const good = encode({ width: side, height: side, data: grey, channels: 1 });
  for (let round = 0; round < 400; round++) {
    const data = Uint8Array.from(good);
    for (let i = 0; i < 4; i++) data[8 + (next() % (data.length - 8))] = next();
    const result = decodeScan(scan('png', data));
    if (!result.ok && result.code !== 'palm_image_invalid') t.fail(result.code);
  }
  t.pass('four hundred damaged files');
  t.end();
});

t.test('the quality gate', (t) => {
  const next = seededWords(9);
  const reasons = (image: Uint8Array) =>
    extractRaw({ pixels: image, width: 128, height: 128 }).quality.reasons;
  const palm = (identity: number, preset: 'normal' | 'hard') =>
    renderPalm({ seed: 6, identity, sample: 1, hand: 'right', preset }).pixels;
  const made = (value: (i: number) => number) => Uint8Array.from({ length: 128 * 128 }, (_, i) => value(i));
  for (let i = 0; i < 20; i++) {
    t.same(reasons(palm(i, 'normal')), []);
    t.same(reasons(palm(i, 'hard')), []);
  }
  t.same(reasons(palm(1, 'hard').map((v) => v * 0.3)), [], 'a dark palm passes');
  const noise = made(() => next() & 255);
  const blurred = blur(palm(2, 'hard'), 12);
  t.not(reasons(made(() => 128)).length, 0, 'blank');
  t.ok(reasons(noise).includes('orientation'), 'white noise');
  t.ok(reasons(made(() => 128 + (next() & 3))).includes('contrast'), 'faint noise');
  t.ok(reasons(made((i) => i & 127)).length > 0, 'a plain gradient');
  t.ok(reasons(blurred).includes('sharpness'), 'heavy blur');
  t.ok(reasons(palm(3, 'hard').map((v, i) => (i % 128 < 64 ? 0 : v))).includes('background'), 'half black');
  t.ok(reasons(made(() => 255)).includes('background'), 'burnt out');
  const { quality } = extractRaw({ pixels: noise, width: 128, height: 128 });
  t.match(qualityRefusal(quality), {
    ok: false,
    code: 'palm_quality_too_low',
    details: { reasons: quality.reasons },
  });
  t.end();
});

/** Means over a cross of neighbours, three times over. */
function blur(image: Uint8Array, radius: number): Uint8Array {
  let from = Float32Array.from(image);
  const at = (x: number, y: number) =>
    from[Math.min(127, Math.max(0, y)) * 128 + Math.min(127, Math.max(0, x))]!;
  for (let pass = 0; pass < 3; pass++) {
    const to = new Float32Array(from.length);
    for (let i = 0; i < from.length; i++) {
      for (let d = -radius; d <= radius; d++) to[i]! += at((i % 128) + d, i >> 7) + at(i % 128, (i >> 7) + d);
      to[i]! /= 4 * radius + 2;
    }
    from = to;
  }
  return Uint8Array.from(from);
}
