/** Which thresholds are in force: the highest version of the active model. */
import { ThenarError } from '../../engine/errors.ts';
import type { PalmModel, ThresholdSet } from '../../engine/palm/types.ts';
import type { Store, Write } from '../../engine/ports.ts';
import type { PalmThresholdsRecord } from '../../engine/records.ts';

/** Name of the setting that holds the active palm model. */
export const PALM_MODEL = 'palm_model';

/** The newest first. */
export function thresholdHistory(
  store: Store,
  model: PalmModel,
  limit: number,
): Promise<PalmThresholdsRecord[]> {
  return store.list('palmThresholds', { where: { model }, order: [['version', 'desc']], limit });
}

export async function thresholdsInForce(store: Store, model: PalmModel): Promise<ThresholdSet> {
  const [record] = await thresholdHistory(store, model, 1);
  if (record === undefined) throw new ThenarError('internal', `The palm model ${model} has no thresholds.`);
  return thresholdSet(record);
}

export function thresholdSet({ version, thresholds, fused }: PalmThresholdsRecord): ThresholdSet {
  return { version, thresholds, fused };
}

/**
 * Holds a commit against a switch of the model meanwhile: what was prepared under one model must not be stored under
 * the other.
 */
export function modelStands(model: PalmModel): Write {
  return { check: 'settings', where: { name: PALM_MODEL, value: model }, otherwise: 'palm_model_mismatch' };
}
