/** Eigenvalues in falling order; `vectors` holds the unit eigenvector of value i as row i. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Sweeps after which Jacobi's method has long converged for any order used here. */
const sweeps_max = 30;

/**
 * Eigen-decomposition of a symmetric matrix (row-major, `order` squared) by cyclic Jacobi rotations: only
 * additions, products and roots, so the result is the same bits on every machine. Seconds at order 384.
 */
export function symmetricEigen(matrix: Float64Array, order: number): Eigen {
  const a = Float64Array.from(matrix);
  const vectors = new Float64Array(order * order);
  for (let index = 0; index < order; index++) vectors[index * order + index] = 1;
  let scale = 0;
  for (const value of a) scale += value * value;
  for (let sweep = 0; sweep < sweeps_max; sweep++) {
    let off = 0;
    for (let p = 0; p < order; p++) for (let q = p + 1; q < order; q++) off += a[p * order + q]! ** 2;
    if (off <= 1e-22 * scale) break;
    // Early sweeps leave small elements alone: most rotations are then spent where they matter.
    const skip = sweep < 3 ? (0.2 * Math.sqrt(off)) / order : 0;
    for (let p = 0; p < order - 1; p++) {
      for (let q = p + 1; q < order; q++) rotate(a, vectors, order, p, q, skip);
    }
  }
  const ranking = Array.from({ length: order }, (_, index) => index);
  ranking.sort((left, right) => a[right * order + right]! - a[left * order + left]! || left - right);
  const values = new Float64Array(order);
  const sorted = new Float64Array(order * order);
  ranking.forEach((from, to) => {
    values[to] = a[from * order + from]!;
    sorted.set(vectors.subarray(from * order, (from + 1) * order), to * order);
  });
  return { values, vectors: sorted };
}

/** Zeroes element (p, q) by a plane rotation of rows and columns p and q (Golub & Van Loan, section 8.5). */
function rotate(
  a: Float64Array,
  vectors: Float64Array,
  order: number,
  p: number,
  q: number,
  skip: number,
): void {
  const apq = a[p * order + q]!;
  if (Math.abs(apq) <= skip || apq === 0) return;
  const app = a[p * order + p]!;
  const aqq = a[q * order + q]!;
  const theta = (aqq - app) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < order; k++) {
    const kp = a[p * order + k]!;
    const kq = a[q * order + k]!;
    const turnedP = c * kp - s * kq;
    const turnedQ = s * kp + c * kq;
    a[p * order + k] = turnedP;
    a[q * order + k] = turnedQ;
    a[k * order + p] = turnedP;
    a[k * order + q] = turnedQ;
    const vp = vectors[p * order + k]!;
    const vq = vectors[q * order + k]!;
    vectors[p * order + k] = c * vp - s * vq;
    vectors[q * order + k] = s * vp + c * vq;
  }
  a[p * order + p] = app - t * apq;
  a[q * order + q] = aqq + t * apq;
  a[p * order + q] = 0;
  a[q * order + p] = 0;
}
