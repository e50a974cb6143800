/** The two ways a deployment recognises palms, and what each is made of. */
import { palmModel, palmVendor } from './model.ts';
import { defaultReportedThresholds, defaultThresholds, scoreCount } from './thresholds.ts';
import type { PalmModel, ThresholdSet } from './types.ts';

export interface PalmModelFacts {
  /** Scores of one comparison, and so thresholds of a set. */
  readonly scores: number;
  readonly vendor: string;
  /** Of the vendor's model: what templates are labelled with. */
  readonly version: string;
  /** Version 1 of its thresholds. */
  readonly thresholds: ThresholdSet;
}

/** Vendor name of what a device decided itself. */
export const reportedVendor = 'device-reported';
/** Model name of palms that only their device knows: the platform holds a reference to them. */
export const reportedModel = 'device';

export const palmModels: Readonly<Record<PalmModel, PalmModelFacts>> = {
  /** The platform extracts and compares. */
  large: { scores: scoreCount, vendor: palmVendor, version: palmModel, thresholds: defaultThresholds },
  /** Devices compare and report their scores. */
  small: {
    scores: defaultReportedThresholds.thresholds.length,
    vendor: reportedVendor,
    version: reportedModel,
    thresholds: defaultReportedThresholds,
  },
};
