import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { renderPalm } from '../../bench/palms/render.ts';
import { CodeArena, compareCode, rawScoreCount } from '../../engine/palm/compare.ts';
import { extractProbe } from '../../engine/palm/extract.ts';
import type { PalmCode, PalmProbe } from '../../engine/palm/types.ts';
import { compareInPlainTypeScript } from '../oracle/compare.ts';
import { movedCode, noiseCode, probeWith, seededWords } from '../oracle/palms.ts';

const arena = new CodeArena();
const slot = arena.allocate();

function kernel(probe: PalmProbe, code: PalmCode): number[] {
  const out = new Float64Array(rawScoreCount);
  arena.set(slot, code);
  arena.compareRaw(probe, slot, out, 0);
  return [...out];
}

t.test('the kernel gives what plain TypeScript gives, bit for bit', (t) => {
  const next = seededWords(1);
  const different: number[] = [];
  for (let round = 0; round < 2_000; round++) {
    const gallery = noiseCode(next);
    const probe = probeWith(noiseCode(next), 2, next);
    if (!isDeepStrictEqual(kernel(probe, gallery), compareInPlainTypeScript(probe, gallery)))
      different.push(round);
  }
  t.same(different, [], 'no round of noise differs');
  t.end();
});

t.test('the kernel agrees at every turn and shift, the outermost included', (t) => {
  const next = seededWords(2);
  for (let turn = 0; turn < 5; turn++) {
    for (let dx = -4; dx <= 4; dx++) {
      for (let dy = -4; dy <= 4; dy++) {
        const gallery = noiseCode(next);
        const probe = probeWith(movedCode(gallery, -dx, -dy, next), turn, next);
        const scores = kernel(probe, gallery);
        t.same(scores, compareInPlainTypeScript(probe, gallery), `turn ${turn}, ${dx}, ${dy}`);
        if (Math.abs(dx) <= 3 && Math.abs(dy) <= 3) {
          t.ok(scores[10]! > 0.8, `finds the palm at turn ${turn}, ${dx}, ${dy}`);
        }
      }
    }
  }
  t.end();
});

t.test('degenerate codes', (t) => {
  const code = (fill: number): PalmCode => ({
    bocv: new Uint32Array(192).fill(fill),
    competitive: new Uint32Array(96).fill(fill),
  });
  const next = seededWords(3);
  for (const a of [0, 0xffffffff, 0xaaaaaaaa]) {
    for (const b of [0, 0xffffffff, 0xaaaaaaaa]) {
      const probe = probeWith(code(a), 0, next);
      t.same(kernel(probe, code(b)), compareInPlainTypeScript(probe, code(b)), `${a} against ${b}`);
    }
  }
  const same = { ...probeWith(code(0), 0, next), codes: Array.from({ length: 5 }, () => code(0)) };
  t.same(kernel(same, code(0)), new Array(11).fill(1), 'equal codes score one everywhere');
  t.same(kernel(same, code(0xffffffff)), new Array(11).fill(0), 'opposite codes score zero everywhere');
  t.end();
});

t.test('a probe with another number of codes is refused', (t) => {
  const next = seededWords(4);
  const probe = probeWith(noiseCode(next), 0, next);
  t.throws(() => kernel({ ...probe, codes: probe.codes.slice(1) }, noiseCode(next)), {
    code: 'palm_template_invalid',
  });
  t.end();
});

t.test('the arena grows, keeps what it holds, forgets what is cleared, and reuses slots', (t) => {
  const own = new CodeArena();
  const next = seededWords(5);
  const codes = Array.from({ length: 6_000 }, () => noiseCode(next));
  const slots = codes.map((code) => {
    const at = own.allocate();
    own.set(at, code);
    return at;
  });
  t.equal(new Set(slots).size, 6_000);
  const probe = probeWith(codes[17]!, 2, next);
  const [first, same, last] = own.compareMany(probe, [slots[0]!, slots[17]!, slots[5_999]!]);
  t.equal(same!.fused, 1);
  t.same(first, compareCode(probe, codes[0]!));
  t.same(last, compareCode(probe, codes[5_999]!));
  own.clear(slots[17]!);
  t.not(own.compare(probe, slots[17]!).fused, 1, 'a cleared code is gone');
  t.equal(own.allocate(), slots[17], 'a cleared slot is used again');
  t.end();
});

t.test('rendered palms: the same hand scores above every other', (t) => {
  const palm = (identity: number, sample: number) =>
    extractProbe(renderPalm({ seed: 3, identity, sample, hand: 'right', preset: 'hard' }));
  const enrolled = Array.from({ length: 8 }, (_, i) => palm(i, 0).codes[2]!);
  for (let i = 0; i < 8; i++) {
    const probe = palm(i, 1);
    const scores = enrolled.map((code) => compareCode(probe, code).fused);
    t.equal(scores.indexOf(Math.max(...scores)), i);
    t.same(kernel(probe, enrolled[i]!), compareInPlainTypeScript(probe, enrolled[i]!));
  }
  t.end();
});
