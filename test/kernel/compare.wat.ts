/**
 * Writes the comparison kernel as WebAssembly text. Unrolled by hand it would be a thousand lines that say one
 * thing; the layout it relies on is engine/palm/kernel/layout.ts, the meaning of its steps engine/palm/compare.ts.
 */
import {
  codeBytes,
  localReach,
  lookedAt,
  lookMargin,
  lookRows,
  rowBytes,
  rowPadding,
  searchShifts,
  shiftReach,
  turns,
  variantBytes,
  variantShifts,
} from '../../engine/palm/kernel/layout.ts';

const gridRows = 32;
const blockRows = 4;

const differing = (probe: string, gallery: string) =>
  `(i64.popcnt (i64.and (local.get $mask) (i64.xor ${probe} ${gallery})))`;

/** Words of the looked-at gallery rows, masked once for all vertical shifts: as locals they stay in registers. */
const lookWords = lookRows.flatMap((row) =>
  [0, 8, 16].map((part) => ({ row, part, name: `$g${row}_${part}` })),
);

/** A first look at one vertical shift: the distance of four rows, kept, and the least of all. Without a branch. */
function look(dy: number): string {
  const bits = lookWords
    .filter(({ row }) => row - dy >= 0 && row - dy < gridRows)
    .map(({ row, part, name }) => {
      const probe = `(i64.load offset=${(row - dy + rowPadding) * rowBytes + part} (local.get $p))`;
      return `(i64.popcnt (i64.xor ${probe} (local.get ${name})))`;
    })
    .reduce((sum, term) => `(i64.add ${sum}\n ${term})`);
  const at = 4 * (dy + shiftReach);
  return `
      (local.set $d (f32.mul (f32.convert_i32_u (i32.wrap_i64 ${bits})) (f32.load offset=${at} (local.get $weights))))
      (f32.store offset=${at} (local.get $looked) (local.get $d))
      (local.set $least (f32.min (local.get $least) (local.get $d)))`;
}

/** Differing bits of one whole row at running addresses. */
const rowCount = [0, 8, 16]
  .map((part) =>
    differing(`(i64.load offset=${part} (local.get $p))`, `(i64.load offset=${part} (local.get $g))`),
  )
  .reduce((sum, term) => `(i64.add ${sum} ${term})`);

const variantOf = (shift: string) => `(i32.mul (i32.const ${variantBytes})
          (i32.add (i32.mul (local.get $t) (i32.const ${variantShifts})) (i32.add ${shift} (i32.const ${localReach}))))`;
const maskOf = (shift: string) => `(i64.load offset=${rowPadding * rowBytes} (i32.add (local.get $masks)
          (i32.mul (i32.const ${variantBytes}) (i32.add ${shift} (i32.const ${localReach})))))`;

/** One of three byte accumulators: vectors j, j + 3, j + 6, j + 9 of the twelve that make a block row. */
function blockCount(first: number): string {
  const terms = [0, 3, 6, 9].map((step) => {
    const at = 16 * (first + step);
    return `(i8x16.popcnt (v128.and (v128.load offset=${at} (local.get $m)) (v128.xor (v128.load offset=${at} (local.get $p)) (v128.load offset=${at} (local.get $g)))))`;
  });
  return terms.reduce((sum, term) => `(i8x16.add ${sum}\n ${term})`);
}

const zero = '(v128.const i32x4 0 0 0 0)';
const select = (name: string, fresh: string, mask: string) =>
  `(local.set ${name} (v128.bitselect ${fresh} (local.get ${name}) (local.get ${mask})))`;
/** Sums bytes of each 32-bit lane: the four column blocks of one plane's word. */
const lanes = (name: string) =>
  `(i32x4.extadd_pairwise_i16x8_u (i16x8.extadd_pairwise_i8x16_u (local.get ${name})))`;

/**
 * `compare(gallery, probe, masks, weights, overlaps, out)`:
 * a look at every alignment, a search of the near ones, then 4 x 4 blocks, each at its own best place within ±1.
 */
export function compareSource(): string {
  const looks = Array.from({ length: searchShifts }, (_, i) => look(i - shiftReach)).join('\n');
  const masked = lookWords
    .map(
      ({ row, part, name }) =>
        `(local.set ${name} (i64.and (local.get $mask) (i64.load offset=${row * rowBytes + part} (local.get $g))))`,
    )
    .join('\n');
  return `(module
  (memory (export "memory") 4 65536)

  ;; spread(centre): from the code of one turn that lies unshifted at centre, its horizontally shifted variants.
  (func (export "spread") (param $centre i32) (local $d i32) (local $i i32) (local $to i32) (local $v v128)
    (loop $vectors
      (local.set $v (v128.load (i32.add (local.get $centre) (local.get $i))))
      (local.set $d (i32.const 1))
      (local.set $to (i32.const ${variantBytes}))
      (loop $shifts
        (v128.store (i32.add (i32.add (local.get $centre) (local.get $i)) (local.get $to))
          (i32x4.shl (local.get $v) (local.get $d)))
        (v128.store (i32.sub (i32.add (local.get $centre) (local.get $i)) (local.get $to))
          (i32x4.shr_u (local.get $v) (local.get $d)))
        (local.set $to (i32.add (local.get $to) (i32.const ${variantBytes})))
        (br_if $shifts (i32.le_u (local.tee $d (i32.add (local.get $d) (i32.const 1))) (i32.const ${localReach}))))
      (br_if $vectors (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const ${codeBytes})))))

  (func (export "compare")
    (param $gallery i32) (param $probe i32) (param $masks i32) (param $weights0 i32) (param $overlaps i32) (param $out i32)
    (local $t i32) (local $x i32) (local $p i32) (local $g i32) (local $m i32) (local $weights i32)
    (local $turn i32) (local $dx i32) (local $dy i32) (local $lx i32) (local $ly i32) (local $block i32) (local $entry i32)
    (local $d f32) (local $best f32) (local $mask i64) (local $bits i64) (local $least f32) (local $looked i32)
    ${lookWords.map(({ name }) => `(local ${name} i64)`).join(' ')}
    (local $a v128) (local $b v128) (local $c v128) (local $sum v128) (local $count v128) (local $q v128) (local $lt v128) (local $bytes v128)
    (local $bestq v128) (local $besta v128) (local $bestb v128) (local $bestc v128) (local $bestcount v128) (local $bestn v128)
    (local $suma v128) (local $sumb v128) (local $sumc v128) (local $counts v128) (local $ns v128)

    ;; Look: four rows at every turn, horizontal shift and (unrolled) vertical shift.
    (local.set $least (f32.const inf))
    (local.set $g (local.get $gallery))
    (local.set $looked (i32.const ${lookedAt}))
    (loop $turns
      (local.set $x (i32.const ${-shiftReach}))
      (local.set $weights (local.get $weights0))
      (loop $columns
        (local.set $p (i32.add (local.get $probe) ${variantOf('(local.get $x)')}))
        (local.set $mask ${maskOf('(local.get $x)')})
        ${masked}
        ${looks}
        (local.set $weights (i32.add (local.get $weights) (i32.const ${4 * searchShifts})))
        (local.set $looked (i32.add (local.get $looked) (i32.const ${4 * searchShifts})))
        (br_if $columns (i32.le_s (local.tee $x (i32.add (local.get $x) (i32.const 1))) (i32.const ${shiftReach}))))
      (br_if $turns (i32.lt_u (local.tee $t (i32.add (local.get $t) (i32.const 1))) (i32.const ${turns}))))

    ;; Search: all rows of those alignments whose four rows came near the least.
    (local.set $least (f32.add (local.get $least) (f32.const ${lookMargin})))
    (local.set $best (f32.const inf))
    (local.set $looked (i32.const ${lookedAt}))
    (local.set $t (i32.const 0))
    (loop $turns
      (local.set $x (i32.const ${-shiftReach}))
      (local.set $weights (i32.add (local.get $weights0) (i32.const ${4 * searchShifts * searchShifts})))
      (loop $columns
        (local.set $ly (i32.const ${-shiftReach}))
        (loop $rows
          (if (f32.le (f32.load (local.get $looked)) (local.get $least)) (then
            (local.set $mask ${maskOf('(local.get $x)')})
            ;; Gallery rows from max(0, dy) on, against probe rows from max(0, -dy) on.
            (local.set $m (select (local.get $ly) (i32.const 0) (i32.gt_s (local.get $ly) (i32.const 0))))
            (local.set $g (i32.add (local.get $gallery) (i32.mul (local.get $m) (i32.const ${rowBytes}))))
            (local.set $p (i32.add (i32.add (local.get $probe) ${variantOf('(local.get $x)')})
              (i32.mul (i32.sub (i32.add (local.get $m) (i32.const ${rowPadding})) (local.get $ly)) (i32.const ${rowBytes}))))
            (local.set $block (i32.sub (i32.const ${gridRows})
              (i32.sub (i32.shl (local.get $m) (i32.const 1)) (local.get $ly))))
            (local.set $bits (i64.const 0))
            (loop $row
              (local.set $bits (i64.add (local.get $bits) ${rowCount}))
              (local.set $p (i32.add (local.get $p) (i32.const ${rowBytes})))
              (local.set $g (i32.add (local.get $g) (i32.const ${rowBytes})))
              (br_if $row (local.tee $block (i32.sub (local.get $block) (i32.const 1)))))
            (local.set $d (f32.mul (f32.convert_i32_u (i32.wrap_i64 (local.get $bits))) (f32.load (local.get $weights))))
            (if (f32.lt (local.get $d) (local.get $best)) (then
              (local.set $best (local.get $d))
              (local.set $turn (local.get $t))
              (local.set $dx (local.get $x))
              (local.set $dy (local.get $ly))))))
          (local.set $looked (i32.add (local.get $looked) (i32.const 4)))
          (local.set $weights (i32.add (local.get $weights) (i32.const 4)))
          (br_if $rows (i32.le_s (local.tee $ly (i32.add (local.get $ly) (i32.const 1))) (i32.const ${shiftReach}))))
        (br_if $columns (i32.le_s (local.tee $x (i32.add (local.get $x) (i32.const 1))) (i32.const ${shiftReach}))))
      (br_if $turns (i32.lt_u (local.tee $t (i32.add (local.get $t) (i32.const 1))) (i32.const ${turns}))))

    ;; Blocks: one block row of four 8 x 8 blocks at a time, a block a byte of every word.
    (local.set $block (i32.const 0))
    (loop $blockrows
      (local.set $g (i32.add (local.get $gallery) (i32.mul (local.get $block) (i32.const ${8 * rowBytes}))))
      (local.set $bestq (f32x4.splat (f32.const inf)))
      (local.set $ly (i32.sub (local.get $dy) (i32.const 1)))
      (loop $down
        (local.set $lx (i32.sub (local.get $dx) (i32.const 1)))
        (loop $across
          (local.set $p (i32.add
            (i32.mul (i32.const ${rowBytes}) (i32.sub (i32.add (i32.const ${rowPadding}) (i32.mul (local.get $block) (i32.const 8))) (local.get $ly)))
            (i32.mul (i32.const ${variantBytes}) (i32.add (local.get $lx) (i32.const ${localReach})))))
          (local.set $m (i32.add (local.get $masks) (local.get $p)))
          (local.set $p (i32.add (i32.add (local.get $probe) (i32.mul (local.get $turn) (i32.const ${variantShifts * variantBytes}))) (local.get $p)))
          (local.set $entry (i32.add (local.get $overlaps) (i32.mul (i32.const 32) (i32.add
            (i32.mul (i32.const ${variantShifts}) (i32.add (i32.mul (i32.add (local.get $ly) (i32.const ${localReach})) (i32.const ${blockRows})) (local.get $block)))
            (i32.add (local.get $lx) (i32.const ${localReach}))))))
          (local.set $a ${blockCount(0)})
          (local.set $b ${blockCount(1)})
          (local.set $c ${blockCount(2)})
          (local.set $sum (i8x16.add (local.get $a) (i8x16.add (local.get $b) (local.get $c))))
          (local.set $sum (i16x8.add (i16x8.extend_low_i8x16_u (local.get $sum)) (i16x8.extend_high_i8x16_u (local.get $sum))))
          (local.set $count (i32x4.add (i32x4.extend_low_i16x8_u (local.get $sum)) (i32x4.extend_high_i16x8_u (local.get $sum))))
          (local.set $q (f32x4.mul (f32x4.convert_i32x4_u (local.get $count)) (v128.load (local.get $entry))))
          (local.set $lt (f32x4.lt (local.get $q) (local.get $bestq)))
          (local.set $bytes (i8x16.shuffle 0 4 8 12 0 4 8 12 0 4 8 12 0 4 8 12 (local.get $lt) (local.get $lt)))
          ${select('$bestq', '(local.get $q)', '$lt')}
          ${select('$bestcount', '(local.get $count)', '$lt')}
          ${select('$bestn', '(v128.load offset=16 (local.get $entry))', '$lt')}
          ${select('$besta', '(local.get $a)', '$bytes')}
          ${select('$bestb', '(local.get $b)', '$bytes')}
          ${select('$bestc', '(local.get $c)', '$bytes')}
          (br_if $across (i32.le_s (local.tee $lx (i32.add (local.get $lx) (i32.const 1))) (i32.add (local.get $dx) (i32.const 1)))))
        (br_if $down (i32.le_s (local.tee $ly (i32.add (local.get $ly) (i32.const 1))) (i32.add (local.get $dy) (i32.const 1)))))
      (local.set $suma (i32x4.add (local.get $suma) ${lanes('$besta')}))
      (local.set $sumb (i32x4.add (local.get $sumb) ${lanes('$bestb')}))
      (local.set $sumc (i32x4.add (local.get $sumc) ${lanes('$bestc')}))
      (local.set $counts (i32x4.add (local.get $counts) (local.get $bestcount)))
      (local.set $ns (i32x4.add (local.get $ns) (local.get $bestn)))
      (local.set $block (i32.add (local.get $block) (i32.const 1)))
      ;; After two block rows the upper half is complete, after four the lower.
      (if (i32.eqz (i32.and (local.get $block) (i32.const 1))) (then
        (v128.store offset=48 (local.get $out) (local.get $counts))
        (v128.store offset=64 (local.get $out) (local.get $ns))
        (local.set $counts ${zero})
        (local.set $ns ${zero})
        (if (i32.eq (local.get $block) (i32.const 2)) (then
          (v128.store offset=80 (local.get $out) (v128.load offset=48 (local.get $out)))
          (v128.store offset=96 (local.get $out) (v128.load offset=64 (local.get $out)))))))
      (br_if $blockrows (i32.lt_u (local.get $block) (i32.const ${blockRows}))))
    (v128.store (local.get $out) (local.get $suma))
    (v128.store offset=16 (local.get $out) (local.get $sumb))
    (v128.store offset=32 (local.get $out) (local.get $sumc))
    (i32.store offset=112 (local.get $out) (local.get $turn))
    (i32.store offset=116 (local.get $out) (local.get $dx))
    (i32.store offset=120 (local.get $out) (local.get $dy))))
`;
}
