;; Inner products of one query with vectors named by a list of slots.
;; A vector is 256 int16 (512 bytes), so one i32x4.dot_i16x8_s takes eight products; unit vectors scaled by 2^14
;; keep every partial sum below 2^28 (Cauchy-Schwarz), so nothing overflows. Four vectors share each load of the
;; query. `count` is a multiple of four: the caller pads the list.
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
        (br $four)))))
