/** The device actor: one live scanner session, its push outbox and what waits for it. */
import type { ChallengeRecord, DeviceRecord, JsonObject } from '../../engine/records.ts';

/** A call of the engine to the scanner; transport renders it and sends it with its `seq`. */
export type Push = { readonly seq: number } & (
  | { readonly method: 'challenge.present'; readonly challenge: ChallengeRecord }
  | { readonly method: 'challenge.cancel'; readonly challengeId: string; readonly reason: string }
  | { readonly method: 'config.update'; readonly config: JsonObject }
  | { readonly method: 'certificate.renew_due'; readonly expiresAt: number }
);

/** One socket as the device actor sees it. Implementations never throw and never block. */
export interface DeviceLink {
  push(push: Push): void;
  close(code: number, reason: string): void;
}

export interface SessionOpened {
  readonly sessionId: string;
  readonly epoch: string;
  readonly lastSeq: number;
  readonly resumed: boolean;
  readonly device: DeviceRecord;
  readonly heartbeatS: number;
  readonly model: string;
  readonly pending: readonly ChallengeRecord[];
}

/** Close codes of the scanner socket (CONTRACT: scanner protocol). */
export const closeCodes = {
  tooLarge: 1009,
  restarting: 1012,
  protocolViolation: 4400,
  certificateRevoked: 4401,
  suspended: 4403,
  heartbeatMissed: 4408,
  takenOver: 4409,
  flooding: 4429,
} as const;
