/** Scores against thresholds: the only place where "matched" is said. */
import { limits } from '../limits.ts';
import type { Comparison, MatchPolicy, ResultScan, ThresholdSet } from './types.ts';

/**
 * `all_thresholds`: every score reaches its threshold. `fused`: the fused score reaches the fused threshold.
 * Scores of another model than the thresholds' (their numbers differ) never match.
 */
export function decide(comparison: Comparison, thresholds: ThresholdSet, policy: MatchPolicy): boolean {
  switch (policy) {
    case 'all_thresholds':
      return reachesAll(comparison.scores, thresholds.thresholds);
    case 'fused':
      return comparison.fused >= thresholds.fused;
    default:
      return policy satisfies never;
  }
}

/** NaN reaches nothing. */
function reachesAll(scores: readonly number[], thresholds: readonly number[]): boolean {
  return (
    thresholds.length > 0 &&
    scores.length === thresholds.length &&
    scores.every((score, i) => score >= thresholds[i]!)
  );
}

/**
 * 1:N: of those who pass, the one with the highest fused score; nobody when another user who passes is within
 * `limits.identify_margin` of it, since then the palm does not tell them apart. Both hands of one user never
 * compete.
 */
export function decideIdentification<T extends Comparison & { readonly userId: string }>(
  candidates: readonly T[],
  thresholds: ThresholdSet,
  policy: MatchPolicy,
): T | null {
  let winner: T | null = null;
  for (const candidate of candidates) {
    if (!decide(candidate, thresholds, policy)) continue;
    if (winner === null || candidate.fused > winner.fused) winner = candidate;
  }
  if (winner === null) return null;
  for (const candidate of candidates) {
    if (candidate.userId === winner.userId || !decide(candidate, thresholds, policy)) continue;
    if (winner.fused - candidate.fused <= limits.identify_margin) return null;
  }
  return winner;
}

/**
 * Small model: the device decided, and its scores are held against the thresholds all the same; both must say yes.
 */
export function decideReported(scan: ResultScan, thresholds: ThresholdSet): boolean {
  return scan.matched && reachesAll(scan.scores, thresholds.thresholds);
}
