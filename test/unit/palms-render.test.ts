import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { readDataset, syntheticDataset, writeDataset } from '../../bench/palms/dataset.ts';
import { exponential, logarithm, normalQuantile, sine } from '../../bench/palms/mathematics.ts';
import { decodePgm, encodePgm } from '../../bench/palms/pgm.ts';
import { SeededRandom } from '../../bench/palms/random.ts';
import { type PalmRequest, renderPalm } from '../../bench/palms/render.ts';

const request: PalmRequest = { seed: 11, identity: 3, hand: 'right', sample: 2, preset: 'hard' };

function digest(of: PalmRequest): string {
  return createHash('sha256').update(renderPalm(of).pixels).digest('hex');
}

/** Share of equal signs of the two images' differences from their own means: chance is 0.5. */
function likeness(left: Uint8Array, right: Uint8Array): number {
  const mean = (pixels: Uint8Array): number => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const [a, b] = [mean(left), mean(right)];
  let equal = 0;
  for (let index = 0; index < left.length; index++) {
    if (left[index]! > a === right[index]! > b) equal++;
  }
  return equal / left.length;
}

t.test('a seed, identity and sample reproduce an image bit for bit', async (t) => {
  t.equal(digest(request), 'fd3875e2e57959ed39e91c76f8b18f885a5e47f5cdab9506c119b526252b51c5');
  // Drawing many others in between empties the identity cache; nothing may depend on it.
  for (let identity = 100; identity < 170; identity++) renderPalm({ ...request, identity });
  t.equal(digest(request), digest({ ...request }));
  t.not(digest({ ...request, sample: 3 }), digest(request));
  t.not(digest({ ...request, identity: 4 }), digest(request));
  t.not(digest({ ...request, seed: 12 }), digest(request));
});

t.test('the two hands of one person are different palms, drawn as mirror images', async (t) => {
  const right = renderPalm(request).pixels;
  const left = renderPalm({ ...request, hand: 'left' }).pixels;
  const flipped = left.map((_, index) => left[index - (index % 128) + 127 - (index % 128)]!);
  t.ok(likeness(right, left) < 0.75);
  t.ok(likeness(right, flipped) < 0.75);
});

t.test('sides from 128 to 192 show the same palm, others are refused', async (t) => {
  const large = renderPalm({ ...request, side: 192 });
  t.match(large, { width: 192, height: 192 });
  t.equal(large.pixels.length, 192 * 192);
  t.throws(() => renderPalm({ ...request, side: 127 }), { code: 'validation_failed' });
  t.throws(() => renderPalm({ ...request, side: 150.5 }), { code: 'validation_failed' });
});

t.test('own elementary functions agree with the runtime', async (t) => {
  for (const x of [-20, -0.3, 0, 0.5, 1, 37.5]) {
    t.ok(Math.abs(exponential(x) / Math.exp(x) - 1) < 1e-12, `exponential(${x})`);
    t.ok(Math.abs(sine(x) - Math.sin(x)) < 1e-11, `sine(${x})`);
  }
  for (const x of [1e-9, 0.4, 1, 2, 12345]) t.ok(Math.abs(logarithm(x) - Math.log(x)) < 1e-12);
  t.ok(Math.abs(normalQuantile(0.975) - 1.959963984540054) < 1e-9);
});

t.test('normal draws have the mean and spread they claim', async (t) => {
  const random = new SeededRandom(5);
  const drawn = Float64Array.from({ length: 20_000 }, () => random.gaussian(3));
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
  t.ok(Math.abs(mean) < 0.1);
  t.ok(Math.abs(Math.sqrt(variance) - 3) < 0.1);
});

t.test('grey maps: plain and raw, 8 and 16 bits, comments', async (t) => {
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  t.same(decodePgm(text('P2 # two by one\n2 1\n# highest\n10\n0 10\n')).pixels, new Uint8Array([0, 255]));
  t.same(decodePgm(Uint8Array.from([...text('P5 2 1 65535\n'), 0xff, 0xff, 0x80, 0x80])), {
    width: 2,
    height: 1,
    pixels: new Uint8Array([255, 128]),
  });
  const image = renderPalm(request);
  t.same(decodePgm(encodePgm(image)), image);
  for (const bad of ['P6 1 1 255\n...', 'P5 2 2 255\nabc', 'P2 1 1', 'P5 99999 1 255\n', 'P2 1 1 0 0']) {
    t.throws(() => decodePgm(text(bad)), { code: 'palm_image_invalid' }, bad);
  }
});

t.test('a dataset folder holds what was written to it, samples in natural order', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'thenar-dataset-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const made = syntheticDataset({ seed: 1, palms: 2, samples: 11, preset: 'normal' });
  t.equal(writeDataset(folder, made), 22);
  const read = readDataset(folder);
  t.same(
    read.map(({ palm, sample }) => `${palm}/${sample}`),
    made.map(({ palm, sample }) => `${palm}/${sample}.png`),
  );
  t.same(read[10]!.load(), made[10]!.load());
});
