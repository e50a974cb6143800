import type { SearchRow } from './protocols.ts';

/** One operating point of 1:N identification. */
export interface IdentificationPoint {
  readonly fpir: number;
  readonly fnir: number;
  readonly threshold: number;
}

export interface Identification {
  /** Enrolled palms; a search without a mate runs against one fewer. */
  readonly gallery: number;
  readonly matedSearches: number;
  readonly nonMatedSearches: number;
  /** Share of mated searches whose own palm came first, whatever its score. */
  readonly rankOne: number;
  /** FNIR at the lowest threshold whose FPIR does not exceed each target. */
  readonly points: readonly IdentificationPoint[];
  readonly curve: readonly (readonly [number, number])[];
}

/**
 * Open-set identification (ISO/IEC 19795-1): FPIR is the share of searches without a mate (the probe's own palm
 * left out of the gallery) that return anyone, FNIR the share of mated searches that do not return the mate first
 * at or above the threshold.
 */
export function identification(
  rows: readonly SearchRow[],
  gallery: number,
  targets: readonly number[],
): Identification {
  const mated = new Float32Array(rows.length);
  const nonMated = new Float32Array(rows.length);
  rows.forEach(({ subject, best }, index) => {
    let other = -1;
    for (let palm = 0; palm < best.length; palm++) if (palm !== subject) other = Math.max(other, best[palm]!);
    nonMated[index] = other;
    // A mated search that somebody else wins is a miss at every threshold.
    mated[index] = best[subject]! > other ? best[subject]! : -1;
  });
  const falling = Float32Array.from(nonMated).sort().reverse();
  const rising = Float32Array.from(mated).sort();
  const missed = (threshold: number): number =>
    rising.filter((score) => score <= threshold).length / rows.length;
  const points = targets.map((target) => {
    const threshold = falling[Math.floor(target * rows.length * (1 + 1e-12))] ?? 0;
    return { fpir: target, fnir: missed(threshold), threshold };
  });
  const step = Math.max(1, Math.floor(rows.length / 200));
  const curve: (readonly [number, number])[] = [];
  for (let count = 0; count < rows.length; count += step) {
    curve.push([
      (count + 1) / rows.length,
      rising.filter((score) => score < falling[count]!).length / rows.length,
    ]);
  }
  return {
    gallery,
    matedSearches: rows.length,
    nonMatedSearches: rows.length,
    rankOne: mated.filter((score) => score >= 0).length / rows.length,
    points,
    curve,
  };
}
