/** Faces of wallet users (document 001). Scans and tokens are never kept and never logged. */
import type { FaceScan } from '../../engine/face/ports.ts';
import type { UserCall } from '../calls.ts';

export interface FaceStatus {
  readonly registered: boolean;
  /** Epoch milliseconds; null when none is registered. */
  readonly registeredAt: number | null;
  /** Until when no attempt at it is taken; null when it is not locked. */
  readonly lockedUntil: number | null;
}

export interface FaceSession {
  readonly vendor: string;
  /** What the client's SDK begins its capture with; null where the vendor needs none. */
  readonly sessionToken: string | null;
}

export interface WalletFaceApi {
  /**
   * Registers the user's face; its time in epoch milliseconds.
   * @throws face_already_registered, face_taken, conflict, face_scan_invalid, face_quality_too_low,
   *   face_liveness_failed, too_many_attempts, user_suspended, consent_required, kyc_required, limit_reached, unavailable
   */
  register(call: UserCall, scan: FaceScan): Promise<number>;
  status(call: UserCall): Promise<FaceStatus>;
  /** What a capture begins with. @throws unavailable */
  session(call: UserCall, userAgent: string): Promise<FaceSession>;
}
