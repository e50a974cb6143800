/** Faces: what a client captured, and what the engine asks of whoever judges it. */
import type { MatchPolicy, ThresholdSet } from '../palm/types.ts';
import type { Matched } from '../ports.ts';

/** One capture as the wallet's clients send it (document 001): base64 texts, which are never logged and never kept. */
export interface FaceScan {
  readonly faceScan: string;
  readonly auditTrailImage: string;
  readonly lowQualityAuditTrailImage: string;
  /** The client's own; some vendors bind a capture to it. */
  readonly userAgent: string;
}

/** What a tenant demands of a capture and of a match: the same values as of palms. */
export interface FacePolicy {
  readonly thresholds: ThresholdSet;
  readonly matchPolicy: MatchPolicy;
  /** 0 to 1. */
  readonly qualityMin: number;
  /** Null: none is demanded. */
  readonly livenessMin: number | null;
}

/** Whose face it is to be. */
export interface FacePlace {
  readonly tenantId: string;
  /** The engine's name for this face, made anew for every registration. */
  readonly faceId: string;
}

/** What a vendor gives back of a face it took: the engine seals it, and brings it when the vendor is asked again. */
export interface TakenFace {
  /** Opaque to the engine; empty where the vendor keeps the face itself. */
  readonly template: Uint8Array;
}

/** A face of the same tenant and vendor that is registered. */
export interface KnownFace {
  readonly faceId: string;
  readonly template: Uint8Array;
}

/**
 * Who judges faces. Deadlines are `Clock.monotonic()` milliseconds. A capture that cannot be used is a refusal
 * (`face_scan_invalid`, `face_quality_too_low`, `face_liveness_failed`); methods reject with ThenarError
 * `engine_busy`, `deadline_exceeded` or `unavailable`.
 */
export interface FaceVendor {
  /** Stored with each face: only who took it can judge it. */
  readonly name: string;
  /** What a client's capture must begin with; null where a vendor needs none. */
  sessionToken(userAgent: string, deadline: number): Promise<string | null>;
  /** Judges liveness and quality, and makes or keeps the template. Of a face that it refuses it keeps nothing. */
  take(place: FacePlace, scan: FaceScan, policy: FacePolicy, deadline: number): Promise<Matched<TakenFace>>;
  /**
   * Those of the tenant's other faces that this one, which was taken, matches; by `faceId`, a few of them.
   * @param known pages of them, for vendors that do not keep faces themselves
   */
  resembling(
    place: FacePlace,
    face: TakenFace,
    known: () => AsyncIterable<readonly KnownFace[]>,
    policy: FacePolicy,
    deadline: number,
  ): Promise<readonly string[]>;
  /** The face is registered from here on: later ones are compared with it. Repeatable. */
  keep(place: FacePlace, deadline: number): Promise<void>;
  /** Whether the capture is alive and of that face. */
  matches(
    place: FacePlace,
    face: TakenFace,
    scan: FaceScan,
    policy: FacePolicy,
    deadline: number,
  ): Promise<Matched<boolean>>;
  /** Takes away whatever the vendor keeps of a face, also of one that it never took to its end. Repeatable. */
  forget(place: FacePlace, deadline: number): Promise<void>;
}

/** What the reference vendor needs of the worker threads. */
export interface FaceReader {
  /** Reads the image of a capture; nothing of it is kept. */
  readFace(tenantId: string, images: FaceImages, deadline: number): Promise<Matched<ReadFace>>;
  /** How the probe compares with each template, in order; at most `limits.read_page_max` of them. */
  compareFaces(
    tenantId: string,
    probe: Uint8Array,
    templates: readonly Uint8Array[],
    deadline: number,
  ): Promise<readonly FaceComparison[]>;
}

export type FaceImages = Pick<FaceScan, 'faceScan' | 'auditTrailImage'>;

/** A face image as the matcher has it. */
export interface ReadFace {
  /** As `encodeTemplate` writes it. */
  readonly template: Uint8Array;
  /** As `encodeProbe` writes it: with the codes of the turned image. */
  readonly probe: Uint8Array;
  /** What the capture claims of itself, 0 to 1; null where it claims nothing. */
  readonly claimed: { readonly quality: number | null; readonly liveness: number | null };
}

export interface FaceComparison {
  readonly scores: readonly number[];
  readonly fused: number;
}
