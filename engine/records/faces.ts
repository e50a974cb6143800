/**
 * The face of a wallet user; at most one. `registering`: the vendor is being asked, and may keep something already;
 * `leaving`: the user was erased, and the vendor is still to forget it.
 */
export interface FaceRecord {
  readonly tenantId: string;
  readonly userId: string;
  /** The vendor's name for it is this one. */
  readonly faceId: string;
  /** Who judged it, and alone can judge it again. */
  readonly vendor: string;
  readonly status: 'registering' | 'registered' | 'leaving';
  /** The vendor's template under the key of the user's wallet; null until it is registered, and when it leaves. */
  readonly sealed: Uint8Array | null;
  readonly createdAt: number;
  readonly registeredAt: number | null;
  /** Attempts at it, ever. Each is counted before the vendor hears of it. */
  readonly attempts: number;
  /** How many of those are forgiven: the last that matched and all before it, and those that failed for no fault. */
  readonly forgiven: number;
  readonly lockedUntil: number | null;
  readonly version: number;
}
