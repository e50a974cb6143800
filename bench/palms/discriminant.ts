import { symmetricEigen } from './eigen.ts';

export interface Discriminant {
  /** Mean of the training vectors, `inputs` long. */
  readonly mean: Float64Array;
  /** Row-major [dimensions][inputs]. */
  readonly matrix: Float64Array;
  readonly inputs: number;
  readonly dimensions: number;
}

/**
 * Linear discriminant analysis (Fisher 1936; Belhumeur et al. 1997) with a shrunken within-class covariance: its
 * eigenvalues are raised by `shrinkage` times their mean, so that directions seen too rarely are not blown up.
 * `classes[c]` holds the vectors of class c. Deterministic.
 */
export function linearDiscriminant(
  classes: readonly (readonly ArrayLike<number>[])[],
  dimensions: number,
  shrinkage = 0.3,
): Discriminant {
  const inputs = classes[0]![0]!.length;
  const centres = classes.map((samples) => meanVector(samples, inputs));
  const mean = meanVector(centres, inputs);
  const within = new Float64Array(inputs * inputs);
  let degrees = 0;
  const deviation = new Float64Array(inputs);
  classes.forEach((samples, index) => {
    for (const sample of samples) {
      for (let k = 0; k < inputs; k++) deviation[k] = sample[k]! - centres[index]![k]!;
      addOuter(within, deviation);
    }
    degrees += samples.length - 1;
  });
  mirror(within, inputs, degrees);

  // Whitening: rows of `whiten` are the within-class eigenvectors over their raised deviations.
  const { values, vectors: whiten } = symmetricEigen(within, inputs);
  let raise = 0;
  for (const value of values) raise += (shrinkage * value) / inputs;
  for (let row = 0; row < inputs; row++) {
    const factor = 1 / Math.sqrt(Math.max(values[row]!, 0) + raise);
    for (let k = 0; k < inputs; k++) whiten[row * inputs + k]! *= factor;
  }

  const between = new Float64Array(inputs * inputs);
  for (const centre of centres) {
    for (let row = 0; row < inputs; row++) {
      let sum = 0;
      for (let k = 0; k < inputs; k++) sum += whiten[row * inputs + k]! * (centre[k]! - mean[k]!);
      deviation[row] = sum;
    }
    addOuter(between, deviation);
  }
  mirror(between, inputs, centres.length);
  const { vectors } = symmetricEigen(between, inputs);
  const matrix = new Float64Array(dimensions * inputs);
  for (let row = 0; row < dimensions; row++) {
    for (let via = 0; via < inputs; via++) {
      const share = vectors[row * inputs + via]!;
      for (let k = 0; k < inputs; k++) matrix[row * inputs + k]! += share * whiten[via * inputs + k]!;
    }
    // An eigenvector's sign is arbitrary; fixing it keeps a change in the last digit from turning rows round.
    const own = matrix.subarray(row * inputs, (row + 1) * inputs);
    if (own.reduce((sum, value) => sum + value, 0) < 0) for (let k = 0; k < inputs; k++) own[k]! *= -1;
  }
  return { mean, matrix, inputs, dimensions };
}

function meanVector(samples: readonly ArrayLike<number>[], length: number): Float64Array {
  const mean = new Float64Array(length);
  for (const sample of samples) for (let k = 0; k < length; k++) mean[k]! += sample[k]! / samples.length;
  return mean;
}

/** Adds v v' to the upper triangle. */
function addOuter(sum: Float64Array, v: Float64Array): void {
  const order = v.length;
  for (let row = 0; row < order; row++) {
    const value = v[row]!;
    for (let column = row; column < order; column++) sum[row * order + column]! += value * v[column]!;
  }
}

/** Divides the upper triangle and copies it to the lower. */
function mirror(matrix: Float64Array, order: number, divisor: number): void {
  for (let row = 0; row < order; row++) {
    for (let column = row; column < order; column++) {
      const value = matrix[row * order + column]! / divisor;
      matrix[row * order + column] = value;
      matrix[column * order + row] = value;
    }
  }
}
