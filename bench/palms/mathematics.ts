/**
 * Elementary functions from additions, products and square roots only. IEEE 754 fixes those to the last bit, but
 * not what a runtime's `Math.exp` or `Math.sin` returns; a palm must be the same bytes on every machine.
 */

const ln2 = Math.LN2;
const twoPi = 6.283185307179586;

/** Two to the power of a whole number. */
function powerOfTwo(exponent: number): number {
  let result = 1;
  const factor = exponent < 0 ? 0.5 : 2;
  for (let step = Math.abs(exponent); step > 0; step--) result *= factor;
  return result;
}

/** e^x for |x| below about 700; relative error under 1e-14. */
export function exponential(x: number): number {
  const whole = Math.round(x / ln2);
  const rest = x - whole * ln2;
  let sum = 1;
  for (let term = 14; term > 0; term--) sum = 1 + (sum * rest) / term;
  return sum * powerOfTwo(whole);
}

/** Natural logarithm of a positive number; absolute error under 1e-14. */
export function logarithm(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa > Math.SQRT2) {
    mantissa *= 0.5;
    exponent++;
  }
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent--;
  }
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let sum = 0;
  for (let odd = 19; odd > 0; odd -= 2) sum = sum * square + 1 / odd;
  return 2 * ratio * sum + exponent * ln2;
}

/** x to a real power, x positive. */
export function power(x: number, exponent: number): number {
  return exponential(exponent * logarithm(x));
}

/** Sine of an angle in radians; absolute error under 1e-13 for angles of a few turns. */
export function sine(angle: number): number {
  const x = angle - Math.round(angle / twoPi) * twoPi;
  const square = x * x;
  let sum = 1;
  for (let term = 26; term > 0; term -= 2) sum = 1 - (sum * square) / (term * (term + 1));
  return x * sum;
}

/** Cosine of an angle in radians. */
export function cosine(angle: number): number {
  return sine(angle + twoPi / 4);
}

/** Standard normal quantile of p in (0, 1), by bisection on a series; for tables made once. */
export function normalQuantile(p: number): number {
  let low = -9;
  let high = 9;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Standard normal distribution function: the Taylor series in the middle, the continued fraction in the tails. */
export function normalDistribution(z: number): number {
  const density = exponential((-z * z) / 2) * 0.3989422804014327;
  const size = Math.abs(z);
  if (size < 4) {
    let term = z;
    let sum = z;
    for (let odd = 3; odd < 120 && Math.abs(term) > 1e-17; odd += 2) {
      term *= (z * z) / odd;
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = size;
  for (let step = 40; step > 0; step--) fraction = size + step / fraction;
  return z < 0 ? density / fraction : 1 - density / fraction;
}
