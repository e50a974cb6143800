/** The hand a scan or template shows. */
export type Hand = 'left' | 'right';
export type HandSelection = Hand | 'both';

/** What the device says about its capture; tenant policy may demand minimums. Scores in [0, 1]. */
export interface CaptureFacts {
  readonly palmType: Hand;
  readonly quality?: number;
  readonly liveness?: { readonly score: number };
}

/** A grey palm region image. `data` is a PNG file, or width x height bytes (raw8). */
export interface ImageScan extends CaptureFacts {
  readonly format: 'image';
  readonly encoding: 'png' | 'raw8';
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A template made on the device by the same model; `data` as `encodeTemplate` writes it. */
export interface TemplateScan extends CaptureFacts {
  readonly format: 'template';
  readonly model: string;
  readonly data: Uint8Array;
}

/** Small model only: what the device decided itself. */
export interface ResultScan extends CaptureFacts {
  readonly format: 'result';
  readonly matched: boolean;
  readonly scores: readonly number[];
  readonly featureId: string;
  readonly userRef?: string;
}

export type Scan = ImageScan | TemplateScan | ResultScan;

/**
 * The exact code of one palm sample on a 32 x 32 grid.
 * `bocv`: 6 orientation planes, each 32 rows of one uint32 (bit c of row r = cell (r, c)), 192 words.
 * `competitive`: CompCode's orientation index 0..5 as 3 bit planes of the same layout, 96 words; coded so that the
 * Hamming distance of two cells is their angular distance (000 001 011 111 110 100).
 */
export interface PalmCode {
  readonly bocv: Uint32Array;
  readonly competitive: Uint32Array;
}

/** What extraction gives: search vector (unit length, `vectorLength` floats, not yet protected) and exact code. */
export interface PalmTemplate {
  readonly vector: Float32Array;
  readonly code: PalmCode;
}

/** A probe additionally carries the codes of the turned image (`probeTurns`; `uprightTurn` is upright). */
export interface PalmProbe {
  readonly vector: Float32Array;
  readonly codes: readonly PalmCode[];
  readonly quality: QualityReport;
}

/** Independent of match scores. `overall` and the parts are in [0, 1]; `reasons` names the parts that fail. */
export interface QualityReport {
  readonly overall: number;
  readonly contrast: number;
  readonly sharpness: number;
  readonly orientation: number;
  readonly background: number;
  readonly reasons: readonly ('contrast' | 'sharpness' | 'orientation' | 'background')[];
}

/** Result of one exact comparison, all on the published scale [0, 1]. */
export interface Comparison {
  /** As many as the active model's score count: ten (large model) or four (small model profile). */
  readonly scores: readonly number[];
  readonly fused: number;
}

export type MatchPolicy = 'all_thresholds' | 'fused';

/** Who matches: the platform (`large`), or devices, which report their scores (`small`). */
export type PalmModel = 'large' | 'small';

/** One published, versioned set of thresholds of a palm model. */
export interface ThresholdSet {
  readonly version: number;
  readonly thresholds: readonly number[];
  /** Threshold of the fused score, for policy `fused`. */
  readonly fused: number;
}

/** One decision as it is stored and shown. */
export interface MatchResult {
  readonly matched: boolean;
  readonly scores: readonly number[];
  readonly thresholds: readonly number[];
  readonly thresholdVersion: number;
  readonly matchPolicy: MatchPolicy;
  /** Fused score in [0, 1]. */
  readonly confidence: number;
  readonly featureId: string | null;
  readonly latencyMs: number;
  readonly vendor: string;
}
