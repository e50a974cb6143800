import t from 'tap';
import { renderPalm } from '../../bench/palms/render.ts';
import { codeOf } from '../../engine/palm/code.ts';
import { extractProbe, extractRaw, extractTemplate, uprightTurn } from '../../engine/palm/extract.ts';
import { box, halve, halveTurned, normalise } from '../../engine/palm/field.ts';
import { fieldResponses, gaborKernel, gridResponses } from '../../engine/palm/gabor.ts';
import { resize } from '../../engine/palm/image.ts';
import { vectorLength } from '../../engine/palm/sizes.ts';
import { project, rawLength, rawVector } from '../../engine/palm/vector.ts';
import { seededWords } from '../oracle/palms.ts';

const next = seededWords(11);
const uniform = () => next() / 2 ** 32;
const field = Float32Array.from({ length: 64 * 64 }, () => uniform() - 0.5);
const mirrored = (i: number) => (i < 0 ? -i : i > 63 ? 126 - i : i);

/** The textbook convolution. */
function response(k: number, x: number, y: number): number {
  const kernel = gaborKernel(k);
  let sum = 0;
  for (let dy = -8; dy <= 8; dy++) {
    for (let dx = -8; dx <= 8; dx++) {
      sum += kernel[(dy + 8) * 17 + dx + 8]! * field[mirrored(y + dy) * 64 + mirrored(x + dx)]!;
    }
  }
  return sum;
}

t.test('filters have no mean, unit energy and nothing outside their circle', (t) => {
  for (let k = 0; k < 6; k++) {
    const kernel = gaborKernel(k);
    t.ok(Math.abs(kernel.reduce((sum, w) => sum + w, 0)) < 1e-12);
    t.ok(Math.abs(kernel.reduce((sum, w) => sum + w * w, 0) - 1) < 1e-12);
    t.equal(kernel[0], 0);
  }
  t.end();
});

t.test('the kernel filters as a convolution does, at every border', (t) => {
  const all = Float32Array.from(fieldResponses(field));
  const grid = gridResponses(field);
  let worst = 0;
  let apart = 0;
  for (let k = 0; k < 6; k++) {
    for (let y = 0; y < 64; y += 7) {
      for (let x = 0; x < 64; x += 3) {
        worst = Math.max(worst, Math.abs(all[k * 4096 + y * 64 + x]! - response(k, x, y)));
      }
    }
    for (let i = 0; i < 1024; i++) {
      const at = (2 * (i >> 5) + 1) * 64 + 2 * (i & 31) + 1;
      apart = Math.max(apart, Math.abs(grid[k * 1024 + i]! - all[k * 4096 + at]!));
    }
  }
  t.ok(worst < 2e-6, `off by ${worst}`);
  t.equal(apart, 0, 'the grid is the field at every second pixel');
  t.end();
});

t.test('codes are the signs and the winner of the responses', (t) => {
  const { bocv, competitive } = codeOf(field);
  const responses = Float32Array.from(gridResponses(field));
  const cyclic = [0b000, 0b001, 0b011, 0b111, 0b110, 0b100];
  const bit = (words: Uint32Array, plane: number, i: number) =>
    (words[plane * 32 + (i >> 5)]! >>> (i & 31)) & 1;
  let wrong = 0;
  for (let i = 0; i < 1024; i++) {
    const at = Array.from({ length: 6 }, (_, k) => responses[k * 1024 + i]!);
    for (let k = 0; k < 6; k++) if (bit(bocv, k, i) !== (at[k]! < 0 ? 1 : 0)) wrong += 1;
    const winner = cyclic[at.indexOf(Math.min(...at))]!;
    for (let b = 0; b < 3; b++) if (bit(competitive, b, i) !== ((winner >> b) & 1)) wrong += 1;
  }
  t.equal(wrong, 0);
  t.end();
});

t.test('the histogram pools dark responses, and the projection multiplies', (t) => {
  const responses = Float32Array.from(fieldResponses(field));
  const raw = rawVector();
  const expected = new Float64Array(rawLength);
  for (let k = 0; k < 6; k++) {
    for (let i = 0; i < 4096; i++) {
      const dark = Math.max(0, -responses[k * 4096 + i]!);
      const place = (p: number) => Math.min(Math.max((p + 0.5) / 8 - 0.5, 0), 7);
      for (let cell = 0; cell < 64; cell++) {
        const near = (p: number, c: number) => Math.max(0, 1 - Math.abs(place(p) - c));
        expected[cell * 6 + k]! += dark * near(i >> 6, cell >> 3) * near(i & 63, cell & 7);
      }
    }
  }
  for (let cell = 0; cell < 64; cell++) {
    const sum = expected.subarray(cell * 6, cell * 6 + 6).reduce((a, b) => a + b, 0);
    for (let k = 0; k < 6; k++) expected[cell * 6 + k] = Math.sqrt(expected[cell * 6 + k]! / sum) / 8;
  }
  t.ok(Math.max(...raw.map((value, i) => Math.abs(value - expected[i]!))) < 1e-5);

  const matrix = Float32Array.from({ length: rawLength * vectorLength }, () => uniform() - 0.5);
  const offset = Float32Array.from({ length: vectorLength }, () => uniform() - 0.5);
  for (const added of [false, true]) {
    const out = project(raw, added ? Float32Array.from([...matrix, ...offset]) : matrix);
    const plain = Float64Array.from(
      { length: vectorLength },
      (_, j) =>
        raw.reduce((sum, v, i) => sum + v * matrix[i * vectorLength + j]!, 0) + (added ? offset[j]! : 0),
    );
    const length = Math.hypot(...plain);
    t.ok(Math.max(...out.map((value, j) => Math.abs(value - plain[j]! / length))) < 1e-5);
  }
  t.end();
});

t.test('local normalisation takes mean and deviation of the box around each pixel', (t) => {
  const region = Float32Array.from({ length: 128 * 128 }, () => Math.floor(uniform() * 256));
  const out = new Float32Array(128 * 128);
  normalise(region, out);
  let worst = 0;
  for (const y of [0, 1, 15, 16, 17, 64, 111, 112, 127]) {
    for (const x of [0, 15, 16, 17, 90, 111, 112, 127]) {
      const inside: number[] = [];
      for (let v = Math.max(0, y - 16); v <= Math.min(127, y + 16); v++) {
        for (let u = Math.max(0, x - 16); u <= Math.min(127, x + 16); u++) inside.push(region[v * 128 + u]!);
      }
      const mean = inside.reduce((a, b) => a + b, 0) / inside.length;
      const deviation = Math.sqrt(inside.reduce((a, b) => a + (b - mean) ** 2, 0) / inside.length);
      worst = Math.max(worst, Math.abs(out[y * 128 + x]! - (region[y * 128 + x]! - mean) / (deviation + 12)));
    }
  }
  t.ok(worst < 1e-4, `off by ${worst}`);
  t.end();
});

t.test('resizing keeps a flat image flat and a ramp a ramp, enlarging and shrinking', (t) => {
  const out = new Float32Array(128 * 128);
  for (const [width, height] of [
    [32, 32],
    [100, 333],
    [128, 128],
    [512, 512],
    [2048, 40],
  ] as const) {
    resize({ pixels: new Uint8Array(width * height).fill(77), width, height }, out);
    t.ok(
      out.every((value) => Math.abs(value - 77) < 1e-3),
      `${width} x ${height} stays flat`,
    );
    const ramp = Uint8Array.from({ length: width * height }, (_, i) => ((i % width) * 255) / (width - 1));
    resize({ pixels: ramp, width, height }, out);
    t.ok(out[64 * 128 + 100]! > out[64 * 128 + 60]! && Math.abs(out[64 * 128 + 64]! - 128.5) < 4);
  }
  t.end();
});

t.test('a turned field is the field of the turned image', (t) => {
  const plain = new Float32Array(4096);
  const turned = new Float32Array(4096);
  const wave = Float32Array.from(
    { length: 128 * 128 },
    (_, i) => Math.sin((i % 128) / 9) + Math.cos((i >> 7) / 7),
  );
  const boxes = box(wave);
  halve(boxes, plain);
  halveTurned(boxes, 0, turned);
  t.ok(
    turned.every((value, i) => Math.abs(value - plain[i]!) < 1e-5),
    'no turn changes nothing',
  );
  halveTurned(boxes, 90, turned);
  t.ok(
    Math.abs(turned[10 * 64 + 20]! - plain[20 * 64 + 53]!) < 1e-3,
    'a quarter turn moves (53, 20) to (20, 10)',
  );
  t.end();
});

t.test('an image gives the same template every time, and a probe carries it upright', (t) => {
  const image = renderPalm({ seed: 4, identity: 1, sample: 0, hand: 'left' });
  const template = extractTemplate(image);
  const probe = extractProbe(image);
  t.same(extractTemplate(image), template);
  t.same(probe.codes[uprightTurn], template.code);
  t.same(probe.vector, template.vector);
  t.equal(template.vector.length, vectorLength);
  t.ok(Math.abs(Math.hypot(...template.vector) - 1) < 1e-5);
  t.equal(probe.codes.length, 5);
  t.notSame(probe.codes[0], probe.codes[4]);
  t.end();
});

t.test('a blank image extracts without a number that is not one', (t) => {
  const { raw, quality } = extractRaw({
    pixels: new Uint8Array(128 * 128).fill(90),
    width: 128,
    height: 128,
  });
  t.ok(raw.every((value) => Number.isFinite(value)));
  t.ok(
    Object.values(quality)
      .flat()
      .every((value) => typeof value === 'string' || Number.isFinite(value)),
  );
  t.end();
});
