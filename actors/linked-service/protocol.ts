/** The linked-service actor: asks one product backend, a bounded number at once, and knows whether it is well. */
import type { HttpReply } from '../../engine/outbound/send.ts';
import type { TraceContext } from '../../engine/ports.ts';
import type { FailMode, LinkedServiceRecord } from '../../engine/records.ts';
import type { Breaker } from '../../engine/services/breaker.ts';
import type { Health } from '../../engine/services/health.ts';
import type { Verdict } from '../../engine/services/question.ts';
import type { ActorKind, Outcome, Reply } from '../kernel/types.ts';

export interface Asked {
  readonly verdict: Verdict;
  /** Of the service as it is now: its operator may have changed it since the question was committed. */
  readonly failMode: FailMode;
}

export type LinkedServiceMessage =
  | {
      readonly type: 'ask';
      readonly transactionId: string;
      readonly body: string;
      /** Milliseconds that the caller can wait; the service's own timeout may be shorter. */
      readonly patienceMs: number;
      /** Of whoever waits; null when nobody traces, or nobody waits any more. */
      readonly trace: TraceContext | null;
      readonly reply: Reply<Asked>;
    }
  | {
      readonly type: 'asked';
      readonly transactionId: string;
      /** The address that was asked, see `LinkedServiceState.moves`. */
      readonly moves: number;
      readonly probe: boolean;
      /** It had less time than its timeout: taking longer says nothing about it. */
      readonly hurried: boolean;
      readonly outcome: Outcome<Verdict>;
    }
  /** Somebody wants to know how it is; checks go on for a while. */
  | { readonly type: 'watch'; readonly spreadMs: number }
  | { readonly type: 'check' }
  | { readonly type: 'checked'; readonly moves: number; readonly outcome: Outcome<HttpReply> }
  | { readonly type: 'written'; readonly outcome: Outcome<unknown> }
  | { readonly type: 'changed'; readonly record: LinkedServiceRecord }
  | { readonly type: 'removed' };

export interface LinkedServiceState {
  /** Null: it was removed; nothing is asked any more. */
  record: LinkedServiceRecord | null;
  /** How often its address changed: what an earlier one did says nothing of this one. */
  moves: number;
  breaker: Breaker;
  health: Health;
  /** Who waits for each question under way: a repeat joins the question that is being asked. */
  readonly asking: Map<string, Reply<Asked>[]>;
  /** A check is under way. */
  checking: boolean;
  /** A check is due later. */
  scheduled: boolean;
  watchedUntil: number;
  writtenAt: number;
  readonly counts: Record<'asked' | 'allowed' | 'denied' | 'refused' | 'unavailable', number>;
}

export const linkedServiceKind: ActorKind<LinkedServiceMessage> = { name: 'linked-service' };

export function linkedServiceKey(tenantId: string, serviceId: string): string {
  return `${tenantId}/${serviceId}`;
}

/** Where a sealed signing secret belongs, so that it opens nowhere else. */
export function linkedServicePlace(serviceId: string): string {
  return `linked-service|${serviceId}|secret`;
}
