/** The device actor: the one writer of its device's row, its live session, its push outbox and what waits for it. */
import type { ChallengeDraft } from '../../engine/identity/challenge.ts';
import type { AuditEntry, Span, TraceContext, Write } from '../../engine/ports.ts';
import type { ChallengeRecord, DeviceRecord, JsonObject } from '../../engine/records.ts';
import type { ActorKind, Outcome, Reply } from '../kernel/types.ts';

/** A call of the engine to the scanner; transport renders it and sends it with its `seq`. */
export type Push = { readonly seq: number } & PushBody;
export type PushBody =
  | { readonly method: 'challenge.present'; readonly challenge: ChallengeRecord }
  | { readonly method: 'challenge.cancel'; readonly challengeId: string; readonly reason: string }
  | { readonly method: 'config.update'; readonly config: JsonObject }
  | { readonly method: 'certificate.renew_due'; readonly expiresAt: number };

/** One socket as the device actor sees it. Implementations never throw and never block. */
export interface DeviceLink {
  /** @param span ends when the scanner has acknowledged the push */
  push(push: Push, span?: Span): void;
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

/** A change of the device's row, decided by a command and committed by the actor. */
export interface DeviceChange {
  readonly set: Partial<DeviceRecord>;
  /** Other rows of the same command: certificates, pairing codes, webhook events. */
  readonly writes: readonly Write[];
  readonly audit: readonly AuditEntry[];
  /** After the commit, whoever still waits for it: what memory must know at once. */
  readonly committed?: () => void;
  /** After the commit: push this to the scanner. */
  readonly push?: PushBody;
  /** After the commit: close the live session with this. */
  readonly close?: { readonly code: number; readonly reason: string };
}

export type DeviceMessage =
  | {
      readonly type: 'create_challenge';
      readonly draft: ChallengeDraft;
      readonly actor: string;
      readonly trace: TraceContext | null;
      readonly reply: Reply<ChallengeRecord>;
    }
  | {
      readonly type: 'challenge_committed';
      readonly push: Push & { readonly method: 'challenge.present' };
      readonly trace: TraceContext | null;
      /** Of the row, when this was committed. */
      readonly version: number;
      readonly reply: Reply<ChallengeRecord>;
      readonly outcome: Outcome<unknown>;
    }
  | { readonly type: 'challenge_uncertain'; readonly challengeId: string }
  | {
      readonly type: 'challenge_found';
      readonly challengeId: string;
      readonly outcome: Outcome<ChallengeRecord | null>;
    }
  | {
      readonly type: 'challenge_over';
      readonly challengeId: string;
      /** What the scanner is told; null when it ended the challenge itself. */
      readonly tell: string | null;
      /** Nothing is said about a challenge that this device knows to be over. */
      readonly ifWaiting?: true;
    }
  | {
      readonly type: 'open_session';
      readonly link: DeviceLink;
      readonly fingerprint: string;
      readonly epoch: string | null;
      readonly lastSeq: number | null;
      readonly reply: Reply<SessionOpened>;
    }
  | { readonly type: 'acknowledge'; readonly sessionId: string; readonly seq: number }
  | { readonly type: 'flush_acknowledged' }
  | { readonly type: 'session_closed'; readonly sessionId: string }
  | { readonly type: 'pending'; readonly reply: Reply<readonly ChallengeRecord[]> }
  | {
      readonly type: 'change';
      /** Decides on the row as it is; throws ThenarError to refuse. */
      readonly decide: (device: DeviceRecord) => DeviceChange;
      /** It goes before all that wait: a device that reports without end must not put off its own revocation. */
      readonly urgent: boolean;
      readonly reply: Reply<DeviceRecord>;
    }
  | {
      readonly type: 'change_committed';
      readonly change: DeviceChange;
      readonly version: number;
      readonly reply: Reply<DeviceRecord>;
      readonly outcome: Outcome<unknown>;
    }
  /** Whether a change took effect whose commit ended without anybody knowing how. */
  | { readonly type: 'look_at_row'; readonly change: DeviceChange }
  | {
      readonly type: 'row_found';
      readonly change: DeviceChange;
      /** Nothing can be under way any more: what is there now is how it ended. */
      readonly last: boolean;
      readonly outcome: Outcome<DeviceRecord | null>;
    }
  /** Time has passed: its certificate may be due for renewal. */
  | { readonly type: 'look_at_certificate' }
  | { readonly type: 'push'; readonly body: PushBody }
  | { readonly type: 'tell_configuration' }
  | {
      readonly type: 'push_committed';
      readonly push: Push;
      readonly version: number;
      readonly outcome: Outcome<unknown>;
    }
  | {
      readonly type: 'flushed';
      readonly seqs: readonly number[];
      readonly version: number;
      readonly outcome: Outcome<unknown>;
    };

export const deviceKind: ActorKind<DeviceMessage> = { name: 'device' };

/** Key of a device's actor: the tenant comes first, so that inspection can filter by it. */
export function deviceKey(tenantId: string, deviceId: string): string {
  return `${tenantId}/${deviceId}`;
}

/** Close codes of the scanner socket (docs/scanner-protocol.md). */
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
