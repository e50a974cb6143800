;; Inner products of one query with vectors named by a list of slots.
;; A vector is 256 int16 (512 bytes), so one i32x4.dot_i16x8_s takes eight products. A unit query scaled by 2^14 and
;; unit vectors scaled by 2^16 keep every partial sum at about 2^30 at most (Cauchy-Schwarz): nothing overflows. Four
;; vectors share each load of the query. `count` is a multiple of four: the caller pads the list.
(module
  (memory (export "memory") 2 65536)
  (func (export "dots")
    (param $query i32) (param $list i32) (param $count i32) (param $out i32) (param $base i32)
    (local $end i32) (local $i i32) (local $q v128)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $sa v128) (local $sb v128) (local $sc v128) (local $sd v128)
    (local $t v128) (local $u v128)
    (local.set $end (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $list) (local.get $end)))
        (local.set $a (i32.add (local.get $base) (i32.shl (i32.load (local.get $list)) (i32.const 9))))
        (local.set $b (i32.add (local.get $base) (i32.shl (i32.load offset=4 (local.get $list)) (i32.const 9))))
        (local.set $c (i32.add (local.get $base) (i32.shl (i32.load offset=8 (local.get $list)) (i32.const 9))))
        (local.set $d (i32.add (local.get $base) (i32.shl (i32.load offset=12 (local.get $list)) (i32.const 9))))
        (local.set $sa (v128.const i32x4 0 0 0 0))
        (local.set $sb (v128.const i32x4 0 0 0 0))
        (local.set $sc (v128.const i32x4 0 0 0 0))
        (local.set $sd (v128.const i32x4 0 0 0 0))
        (local.set $i (local.get $query))
        (loop $eight
          (local.set $q (v128.load (local.get $i)))
          (local.set $sa (i32x4.add (local.get $sa) (i32x4.dot_i16x8_s (local.get $q) (v128.load (local.get $a)))))
          (local.set $sb (i32x4.add (local.get $sb) (i32x4.dot_i16x8_s (local.get $q) (v128.load (local.get $b)))))
          (local.set $sc (i32x4.add (local.get $sc) (i32x4.dot_i16x8_s (local.get $q) (v128.load (local.get $c)))))
          (local.set $sd (i32x4.add (local.get $sd) (i32x4.dot_i16x8_s (local.get $q) (v128.load (local.get $d)))))
          (local.set $q (v128.load offset=16 (local.get $i)))
          (local.set $sa (i32x4.add (local.get $sa) (i32x4.dot_i16x8_s (local.get $q) (v128.load offset=16 (local.get $a)))))
          (local.set $sb (i32x4.add (local.get $sb) (i32x4.dot_i16x8_s (local.get $q) (v128.load offset=16 (local.get $b)))))
          (local.set $sc (i32x4.add (local.get $sc) (i32x4.dot_i16x8_s (local.get $q) (v128.load offset=16 (local.get $c)))))
          (local.set $sd (i32x4.add (local.get $sd) (i32x4.dot_i16x8_s (local.get $q) (v128.load offset=16 (local.get $d)))))
          (local.set $a (i32.add (local.get $a) (i32.const 32)))
          (local.set $b (i32.add (local.get $b) (i32.const 32)))
          (local.set $c (i32.add (local.get $c) (i32.const 32)))
          (local.set $d (i32.add (local.get $d) (i32.const 32)))
          (local.set $i (i32.add (local.get $i) (i32.const 32)))
          (br_if $eight (i32.lt_u (local.get $i) (i32.add (local.get $query) (i32.const 512)))))
        ;; Transposes the four sums of four lanes into one vector of four inner products.
        (local.set $t (i32x4.add
          (i8x16.shuffle 0 1 2 3 16 17 18 19 8 9 10 11 24 25 26 27 (local.get $sa) (local.get $sb))
          (i8x16.shuffle 4 5 6 7 20 21 22 23 12 13 14 15 28 29 30 31 (local.get $sa) (local.get $sb))))
        (local.set $u (i32x4.add
          (i8x16.shuffle 0 1 2 3 16 17 18 19 8 9 10 11 24 25 26 27 (local.get $sc) (local.get $sd))
          (i8x16.shuffle 4 5 6 7 20 21 22 23 12 13 14 15 28 29 30 31 (local.get $sc) (local.get $sd))))
        (v128.store (local.get $out) (i32x4.add
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $t) (local.get $u))
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $t) (local.get $u))))
        (local.set $list (i32.add (local.get $list) (i32.const 16)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (br $four))))

  ;; A first look at blocks of sixteen rough vectors, two bits a component: byte v of row j of a block holds components
  ;; 4 j .. 4 j + 3 of vector v. A pair of components is a nibble, and a nibble's part of the inner product is looked
  ;; up for sixteen vectors by one swizzle [Andre, Kermarrec, Le Scouarnec 2015]. `table` has sixteen bytes for each of
  ;; 128 pairs, none above 31, so that eight fit a byte. Of the vectors in the blocks listed, those with a score above
  ;; `floor` are reported: their numbers in `hits`, their scores in `out`; how many, is the result. `scratch` has 32 bytes.
  (func (export "rough")
    (param $table i32) (param $list i32) (param $count i32) (param $hits i32) (param $out i32) (param $base i32)
    (param $floor i32) (param $scratch i32) (result i32)
    (local $index i32) (local $found i32) (local $at i32) (local $stop i32) (local $t i32) (local $mask i32) (local $lane i32)
    (local $bytes v128) (local $sum v128) (local $even v128) (local $odd v128) (local $least v128)
    (local.set $least (i16x8.splat (local.get $floor)))
    (block $done
      (loop $block
        (br_if $done (i32.ge_u (local.get $index) (local.get $count)))
        (local.set $at (i32.add (local.get $base)
          (i32.shl (i32.load (i32.add (local.get $list) (i32.shl (local.get $index) (i32.const 2)))) (i32.const 10))))
        (local.set $stop (i32.add (local.get $at) (i32.const 1024)))
        (local.set $t (local.get $table))
        (local.set $even (v128.const i32x4 0 0 0 0))
        (local.set $odd (v128.const i32x4 0 0 0 0))
        (loop $rows
          (local.set $bytes (v128.load (local.get $at)))
          (local.set $sum (i8x16.add
            (i8x16.swizzle (v128.load (local.get $t)) (v128.and (local.get $bytes) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
            (i8x16.swizzle (v128.load offset=16 (local.get $t)) (i8x16.shr_u (local.get $bytes) (i32.const 4)))))
          (local.set $bytes (v128.load offset=16 (local.get $at)))
          (local.set $sum (i8x16.add (local.get $sum) (i8x16.add
            (i8x16.swizzle (v128.load offset=32 (local.get $t)) (v128.and (local.get $bytes) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
            (i8x16.swizzle (v128.load offset=48 (local.get $t)) (i8x16.shr_u (local.get $bytes) (i32.const 4))))))
          (local.set $bytes (v128.load offset=32 (local.get $at)))
          (local.set $sum (i8x16.add (local.get $sum) (i8x16.add
            (i8x16.swizzle (v128.load offset=64 (local.get $t)) (v128.and (local.get $bytes) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
            (i8x16.swizzle (v128.load offset=80 (local.get $t)) (i8x16.shr_u (local.get $bytes) (i32.const 4))))))
          (local.set $bytes (v128.load offset=48 (local.get $at)))
          (local.set $sum (i8x16.add (local.get $sum) (i8x16.add
            (i8x16.swizzle (v128.load offset=96 (local.get $t)) (v128.and (local.get $bytes) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
            (i8x16.swizzle (v128.load offset=112 (local.get $t)) (i8x16.shr_u (local.get $bytes) (i32.const 4))))))
          (local.set $even (i16x8.add (local.get $even) (v128.and (local.get $sum) (v128.const i32x4 0x00ff00ff 0x00ff00ff 0x00ff00ff 0x00ff00ff))))
          (local.set $odd (i16x8.add (local.get $odd) (i16x8.shr_u (local.get $sum) (i32.const 8))))
          (local.set $t (i32.add (local.get $t) (i32.const 128)))
          (br_if $rows (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 64))) (local.get $stop))))
        ;; Lanes of the even vectors come first, then those of the odd ones.
        (v128.store (local.get $scratch) (local.get $even))
        (v128.store offset=16 (local.get $scratch) (local.get $odd))
        (local.set $mask (i32.or
          (i16x8.bitmask (i16x8.gt_s (local.get $even) (local.get $least)))
          (i32.shl (i16x8.bitmask (i16x8.gt_s (local.get $odd) (local.get $least))) (i32.const 8))))
        (block $none
          (loop $hit
            (br_if $none (i32.eqz (local.get $mask)))
            (local.set $lane (i32.ctz (local.get $mask)))
            (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
            (i32.store (local.get $hits) (i32.add (i32.shl (local.get $index) (i32.const 4))
              (i32.add (i32.shl (i32.and (local.get $lane) (i32.const 7)) (i32.const 1)) (i32.shr_u (local.get $lane) (i32.const 3)))))
            (i32.store (local.get $out)
              (i32.load16_u (i32.add (local.get $scratch) (i32.shl (local.get $lane) (i32.const 1)))))
            (local.set $hits (i32.add (local.get $hits) (i32.const 4)))
            (local.set $out (i32.add (local.get $out) (i32.const 4)))
            (local.set $found (i32.add (local.get $found) (i32.const 1)))
            (br $hit)))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $block)))
    (local.get $found)))
