/**
 * Writes the comparison kernel as WebAssembly text. Unrolled by hand it would be a thousand lines that say one
 * thing; the layout it relies on is engine/palm/kernel/layout.ts, the meaning of its steps engine/palm/compare.ts.
 */
import {
  localReach,
  rowBytes,
  rowPadding,
  searchFirstRow,
  searchRowStep,
  shiftReach,
  turns,
  variantBytes,
  variantShifts,
} from '../../engine/palm/kernel/layout.ts';

const gridRows = 32;
const blockRows = 4;

/** Rows of the gallery that the search reads at a vertical shift: every fourth one that the probe covers. */
function searchRows(dy: number): number[] {
  const rows: number[] = [];
  for (let r = searchFirstRow; r < gridRows; r += searchRowStep) {
    if (r - dy >= 0 && r - dy < gridRows) rows.push(r);
  }
  return rows;
}

/** Differing bits of the searched rows at one vertical shift, as an i64 expression. */
function searchCount(dy: number): string {
  const terms = searchRows(dy).flatMap((r) =>
    [0, 8, 16].map((part) => {
      const probe = (r - dy + rowPadding) * rowBytes + part;
      const gallery = r * rowBytes + part;
      return `(i64.popcnt (i64.and (local.get $mask) (i64.xor (i64.load offset=${probe} (local.get $p)) (i64.load offset=${gallery} (local.get $g)))))`;
    }),
  );
  return terms.reduce((sum, term) => `(i64.add ${sum}\n ${term})`);
}

function searchShift(dy: number): string {
  const index = dy + shiftReach;
  return `
      (local.set $d (f32.mul (f32.convert_i32_u (i32.wrap_i64 ${searchCount(dy)}))
                             (f32.load offset=${4 * index} (local.get $weights))))
      (if (f32.lt (local.get $d) (local.get $best)) (then
        (local.set $best (local.get $d))
        (local.set $turn (local.get $t))
        (local.set $dx (local.get $x))
        (local.set $dy (i32.const ${dy}))))`;
}

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
 * the search over turns and shifts on every fourth row, then 4 x 4 blocks, each at its own best place within ±1.
 */
export function compareSource(): string {
  const searches = Array.from({ length: 2 * shiftReach + 1 }, (_, i) => searchShift(i - shiftReach)).join(
    '\n',
  );
  return `(module
  (memory (export "memory") 4 65536)
  (func (export "compare")
    (param $gallery i32) (param $probe i32) (param $masks i32) (param $weights0 i32) (param $overlaps i32) (param $out i32)
    (local $t i32) (local $x i32) (local $p i32) (local $g i32) (local $m i32) (local $weights i32)
    (local $turn i32) (local $dx i32) (local $dy i32) (local $lx i32) (local $ly i32) (local $block i32) (local $entry i32)
    (local $d f32) (local $best f32) (local $mask i64)
    (local $a v128) (local $b v128) (local $c v128) (local $sum v128) (local $count v128) (local $q v128) (local $lt v128) (local $bytes v128)
    (local $bestq v128) (local $besta v128) (local $bestb v128) (local $bestc v128) (local $bestcount v128) (local $bestn v128)
    (local $suma v128) (local $sumb v128) (local $sumc v128) (local $counts v128) (local $ns v128)

    ;; Search: every turn, horizontal shift and (unrolled) vertical shift.
    (local.set $best (f32.const inf))
    (local.set $g (local.get $gallery))
    (loop $turns
      (local.set $x (i32.const ${-shiftReach}))
      (local.set $weights (local.get $weights0))
      (loop $columns
        (local.set $p (i32.add (local.get $probe) (i32.mul (i32.const ${variantBytes})
          (i32.add (i32.mul (local.get $t) (i32.const ${variantShifts})) (i32.add (local.get $x) (i32.const ${localReach}))))))
        (local.set $mask (i64.load offset=${rowPadding * rowBytes} (i32.add (local.get $masks)
          (i32.mul (i32.const ${variantBytes}) (i32.add (local.get $x) (i32.const ${localReach}))))))
        ${searches}
        (local.set $weights (i32.add (local.get $weights) (i32.const ${4 * (2 * shiftReach + 1)})))
        (br_if $columns (i32.le_s (local.tee $x (i32.add (local.get $x) (i32.const 1))) (i32.const ${shiftReach}))))
      (br_if $turns (i32.lt_u (local.tee $t (i32.add (local.get $t) (i32.const 1))) (i32.const ${turns}))))

    ;; Blocks: one block row of four 8 x 8 blocks at a time, a block a byte of every word.
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
