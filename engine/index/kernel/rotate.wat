;; A row-major matrix of 256 x 256 floats times a vector. Four rows share each load of the vector; the four sums of
;; four lanes are transposed into one vector of four results.
(module
  (memory (export "memory") 1 65536)
  (func (export "rotate") (param $matrix i32) (param $vector i32) (param $out i32)
    (local $end i32) (local $at i32) (local $stop i32) (local $q v128)
    (local $sa v128) (local $sb v128) (local $sc v128) (local $sd v128) (local $t v128) (local $u v128)
    (local.set $end (i32.add (local.get $out) (i32.const 1024)))
    (local.set $stop (i32.add (local.get $vector) (i32.const 1024)))
    (loop $rows
      (local.set $sa (v128.const i32x4 0 0 0 0))
      (local.set $sb (v128.const i32x4 0 0 0 0))
      (local.set $sc (v128.const i32x4 0 0 0 0))
      (local.set $sd (v128.const i32x4 0 0 0 0))
      (local.set $at (local.get $vector))
      (loop $columns
        (local.set $q (v128.load (local.get $at)))
        (local.set $sa (f32x4.add (local.get $sa) (f32x4.mul (local.get $q) (v128.load (local.get $matrix)))))
        (local.set $sb (f32x4.add (local.get $sb) (f32x4.mul (local.get $q) (v128.load offset=1024 (local.get $matrix)))))
        (local.set $sc (f32x4.add (local.get $sc) (f32x4.mul (local.get $q) (v128.load offset=2048 (local.get $matrix)))))
        (local.set $sd (f32x4.add (local.get $sd) (f32x4.mul (local.get $q) (v128.load offset=3072 (local.get $matrix)))))
        (local.set $matrix (i32.add (local.get $matrix) (i32.const 16)))
        (br_if $columns (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $stop))))
      ;; One row was walked; three more were read on the way.
      (local.set $matrix (i32.add (local.get $matrix) (i32.const 3072)))
      (local.set $t (f32x4.add
        (i8x16.shuffle 0 1 2 3 16 17 18 19 8 9 10 11 24 25 26 27 (local.get $sa) (local.get $sb))
        (i8x16.shuffle 4 5 6 7 20 21 22 23 12 13 14 15 28 29 30 31 (local.get $sa) (local.get $sb))))
      (local.set $u (f32x4.add
        (i8x16.shuffle 0 1 2 3 16 17 18 19 8 9 10 11 24 25 26 27 (local.get $sc) (local.get $sd))
        (i8x16.shuffle 4 5 6 7 20 21 22 23 12 13 14 15 28 29 30 31 (local.get $sc) (local.get $sd))))
      (v128.store (local.get $out) (f32x4.add
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $t) (local.get $u))
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $t) (local.get $u))))
      (br_if $rows (i32.lt_u (local.tee $out (i32.add (local.get $out) (i32.const 16))) (local.get $end))))))
