/** From exact scores to a stored decision. */
import { ThenarError } from '../../engine/errors.ts';
import { decide, decideIdentification, decideReported } from '../../engine/palm/decide.ts';
import { palmVendor } from '../../engine/palm/model.ts';
import { reportedVendor } from '../../engine/palm/models.ts';
import type { MatchResult, ResultScan, Scan } from '../../engine/palm/types.ts';
import type { Candidate } from '../../engine/ports.ts';
import type { TenantRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';

/** What the platform says when nothing comparable was found: no score at all. */
const NO_SCORES: Pick<Candidate, 'scores' | 'fused'> = { scores: [], fused: 0 };

/** 1:1: the best of the claimed user's templates held against the thresholds. */
export function verificationResult(
  context: Context,
  tenant: TenantRecord,
  candidate: Candidate | null,
  startedAt: number,
): MatchResult {
  const { thresholds } = context.deployment;
  const { scores, fused } = candidate ?? NO_SCORES;
  const matched = candidate !== null && decide(candidate, thresholds, tenant.config.matchPolicy);
  return {
    matched,
    scores,
    thresholds: thresholds.thresholds,
    thresholdVersion: thresholds.version,
    matchPolicy: tenant.config.matchPolicy,
    confidence: fused,
    featureId: matched ? candidate.palmId : null,
    latencyMs: latency(context, startedAt),
    vendor: palmVendor,
  };
}

/** 1:N: who it is, or nobody; the result is of the winner, or of the best candidate when nobody passes. */
export function identificationResult(
  context: Context,
  tenant: TenantRecord,
  candidates: readonly Candidate[],
  startedAt: number,
): { readonly winner: Candidate | null; readonly result: MatchResult } {
  const winner = decideIdentification(candidates, context.deployment.thresholds, tenant.config.matchPolicy);
  const result = verificationResult(context, tenant, winner ?? candidates[0] ?? null, startedAt);
  // Two people too close to tell apart both pass the thresholds, and still nobody was recognised.
  return winner === null
    ? { winner, result: { ...result, matched: false, featureId: null } }
    : { winner, result };
}

/** Small model: the device's own scores held against the thresholds. */
export function reportedResult(
  context: Context,
  tenant: TenantRecord,
  scan: ResultScan,
  palmId: string | null,
  startedAt: number,
): MatchResult {
  const { thresholds } = context.deployment;
  if (scan.scores.length !== thresholds.thresholds.length) {
    throw new ThenarError(
      'validation_failed',
      `The active palm model has ${thresholds.thresholds.length} scores.`,
      { details: { fields: [{ field: 'scan.scores', message: 'wrong number of scores' }] } },
    );
  }
  const matched = palmId !== null && decideReported(scan, thresholds);
  return {
    matched,
    scores: scan.scores,
    thresholds: thresholds.thresholds,
    thresholdVersion: thresholds.version,
    matchPolicy: tenant.config.matchPolicy,
    confidence: Math.min(...scan.scores),
    featureId: matched ? palmId : null,
    latencyMs: latency(context, startedAt),
    vendor: reportedVendor,
  };
}

/** A result without scores compared nothing, so it says nothing of how palms score. */
export function measureScore(
  { meter }: Context,
  operation: 'verify' | 'identify',
  { matched, scores, confidence }: MatchResult,
): void {
  if (scores.length > 0) meter.scores.of(operation, matched ? 'matched' : 'not_matched').observe(confidence);
}

/** Under the large model a device's own verdict counts for nothing, under the small one nothing else does. */
export function assertModelFits(context: Context, scan: Scan): void {
  if ((scan.format === 'result') === (context.deployment.palmModel === 'small')) return;
  throw new ThenarError('palm_model_mismatch', `The active palm model is ${context.deployment.palmModel}.`, {
    details: { palm_model: context.deployment.palmModel, format: scan.format },
  });
}

function latency(context: Context, startedAt: number): number {
  return Math.max(0, Math.round(context.clock.monotonic() - startedAt));
}
