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

  ;; The same against rough vectors: 256 unsigned nibbles in 128 bytes, of which byte j of block b holds component
  ;; 32 b + j in its low half and 32 b + 16 + j in its high half. The query stays int16. Nibbles are components plus
  ;; a constant, so each result is too large by the same amount, which changes no order.
  (func (export "rough")
    (param $query i32) (param $list i32) (param $count i32) (param $out i32) (param $base i32)
    (local $end i32) (local $at i32) (local $stop i32) (local $q i32)
    (local $bytes v128) (local $half v128) (local $sum v128) (local $other v128)
    (local.set $end (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $one
        (br_if $done (i32.ge_u (local.get $list) (local.get $end)))
        (local.set $at (i32.add (local.get $base) (i32.shl (i32.load (local.get $list)) (i32.const 7))))
        (local.set $stop (i32.add (local.get $at) (i32.const 128)))
        (local.set $q (local.get $query))
        (local.set $sum (v128.const i32x4 0 0 0 0))
        (local.set $other (v128.const i32x4 0 0 0 0))
        (loop $block
          (local.set $bytes (v128.load (local.get $at)))
          (local.set $half (v128.and (local.get $bytes) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
          (local.set $sum (i32x4.add (local.get $sum)
            (i32x4.dot_i16x8_s (v128.load (local.get $q)) (i16x8.extend_low_i8x16_u (local.get $half)))))
          (local.set $other (i32x4.add (local.get $other)
            (i32x4.dot_i16x8_s (v128.load offset=16 (local.get $q)) (i16x8.extend_high_i8x16_u (local.get $half)))))
          (local.set $half (v128.and (i16x8.shr_u (local.get $bytes) (i32.const 4))
            (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
          (local.set $sum (i32x4.add (local.get $sum)
            (i32x4.dot_i16x8_s (v128.load offset=32 (local.get $q)) (i16x8.extend_low_i8x16_u (local.get $half)))))
          (local.set $other (i32x4.add (local.get $other)
            (i32x4.dot_i16x8_s (v128.load offset=48 (local.get $q)) (i16x8.extend_high_i8x16_u (local.get $half)))))
          (local.set $q (i32.add (local.get $q) (i32.const 64)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $block (i32.ne (local.get $at) (local.get $stop))))
        (local.set $sum (i32x4.add (local.get $sum) (local.get $other)))
        (i32.store (local.get $out) (i32.add
          (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
          (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))
        (local.set $list (i32.add (local.get $list) (i32.const 4)))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (br $one)))))
