import t from 'tap';
import { renderPalm } from '../../bench/palms/render.ts';
import { compareCode } from '../../engine/palm/compare.ts';
import { crc32 } from '../../engine/palm/crc32.ts';
import { extractProbe, extractTemplate, uprightTurn } from '../../engine/palm/extract.ts';
import {
  decodeProbe,
  decodeTemplate,
  encodeProbe,
  encodeTemplate,
  probeOf,
} from '../../engine/palm/template.ts';
import { turnCode } from '../../engine/palm/turn.ts';
import { seededWords } from '../oracle/palms.ts';

const image = renderPalm({ seed: 12, identity: 3, sample: 0, hand: 'left' });
const template = extractTemplate(image);
const probe = extractProbe(image);
const bytes = encodeTemplate(template);

/** The bytes with one change and a checksum that fits again. */
function forged(change: (view: DataView, bytes: Uint8Array) => void, from = bytes): Uint8Array {
  const copy = Uint8Array.from(from);
  const view = new DataView(copy.buffer);
  change(view, copy);
  view.setUint32(copy.length - 4, crc32(copy.subarray(0, copy.length - 4)), true);
  return copy;
}

t.test('the checksum is CRC-32', (t) => {
  t.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
  t.equal(crc32(new Uint8Array(0)), 0);
  t.end();
});

t.test('a template comes back as it was, a probe with all its codes', (t) => {
  const back = decodeTemplate(bytes);
  t.same(back.vector, template.vector);
  t.same(back.code, template.code);
  const whole = encodeProbe(probe);
  t.same(decodeProbe(whole).codes, probe.codes);
  t.same(decodeTemplate(whole).code, probe.codes[uprightTurn], 'a probe is a template too');
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  t.same(decodeTemplate(shifted.subarray(1)), back, 'at any offset of a buffer');
  t.end();
});

t.test('anything else is refused', (t) => {
  const refused = (name: string, data: Uint8Array) => {
    t.throws(() => decodeTemplate(data), { code: 'palm_template_invalid' }, name);
    t.throws(() => decodeProbe(data), { code: 'palm_template_invalid' }, `${name}, as a probe`);
  };
  refused('nothing', new Uint8Array(0));
  refused(
    'magic',
    forged((view) => view.setUint32(0, 1)),
  );
  refused(
    'version',
    forged((view) => view.setUint8(4, 2)),
  );
  refused(
    'flags',
    forged((view) => view.setUint8(5, 1)),
  );
  refused(
    'number of codes',
    forged((view) => view.setUint8(10, 3)),
  );
  refused(
    'vector length',
    forged((view) => view.setUint16(8, 255, true)),
  );
  refused(
    'model',
    forged((_, copy) => copy.set([0x58], 12)),
  );
  refused(
    'length of the name',
    forged((view) => view.setUint8(11, 255)),
  );
  refused(
    'not a number',
    forged((view) => view.setFloat32(28, Number.NaN, true)),
  );
  refused(
    'infinite',
    forged((view) => view.setFloat32(28, Number.POSITIVE_INFINITY, true)),
  );
  refused(
    'too long a vector',
    forged((view) => view.setFloat32(28, 0.5, true)),
  );
  refused('one byte less', bytes.subarray(0, bytes.length - 1));
  refused('one byte more', Buffer.concat([bytes, Buffer.alloc(1)]));
  for (let length = 0; length < bytes.length; length += 97)
    refused(`${length} bytes`, bytes.subarray(0, length));
  t.end();
});

t.test('no single damaged byte goes unnoticed', (t) => {
  const next = seededWords(13);
  let unnoticed = 0;
  for (let round = 0; round < 500; round++) {
    const copy = Uint8Array.from(bytes);
    const at = next() % copy.length;
    copy[at] = copy[at]! ^ (1 + (next() % 255));
    try {
      decodeTemplate(copy);
      unnoticed += 1;
    } catch {
      // Refused, as it should be.
    }
  }
  t.equal(unnoticed, 0);
  t.end();
});

t.test('a plain template serves as a probe, and still finds its palm', (t) => {
  const made = decodeProbe(bytes);
  t.same(made.codes, probeOf(template).codes);
  t.same(made.codes[uprightTurn], template.code);
  for (let identity = 0; identity < 6; identity++) {
    const palm = (sample: number) =>
      extractTemplate(renderPalm({ seed: 14, identity, sample, hand: 'left', preset: 'hard' }));
    const own = compareCode(probeOf(palm(0)), palm(1).code).fused;
    const other = compareCode(probeOf(palm(0)), template.code).fused;
    t.ok(own > other + 0.03, `${own} above ${other}`);
  }
  t.end();
});

t.test('turning a code forth and back mostly restores it', (t) => {
  t.equal(turnCode(template.code, 0), template.code);
  const back = turnCode(turnCode(template.code, 6), -6);
  let same = 0;
  for (let i = 0; i < 192; i++) {
    for (let rest = ~(back.bocv[i]! ^ template.code.bocv[i]!) >>> 0; rest !== 0; rest &= rest - 1) same += 1;
  }
  t.ok(same / 6144 > 0.85, `${same / 6144}`);
  t.end();
});
