/** The webhook actor: delivers one endpoint's events, a few at a time, until each is acknowledged or given up. */
import type { DeliveryRecord, WebhookRecord } from '../../engine/records.ts';
import type { ActorKind, Outcome } from '../kernel/types.ts';

export type WebhookMessage =
  | { readonly type: 'wake' }
  | { readonly type: 'due'; readonly outcome: Outcome<readonly DeliveryRecord[]> }
  | { readonly type: 'attempted'; readonly deliveryId: string; readonly outcome: Outcome<AttemptOutcome> }
  | { readonly type: 'removed' };

/** What one attempt left in the delivery's row, committed. */
export interface AttemptOutcome {
  readonly delivery: DeliveryRecord;
  /** The endpoint answered 410, or was disabled meanwhile. */
  readonly disabled: boolean;
}

export interface WebhookState {
  /** Null: it was removed; nothing is delivered any more. */
  readonly webhook: WebhookRecord | null;
  readonly inFlight: Set<string>;
  looking: boolean;
  /** Woken while looking: something may have been missed. */
  again: boolean;
  /** A timer waits for the next attempt. */
  waiting: boolean;
  over: boolean;
  delivered: number;
  failedInARow: number;
}

export const webhookKind: ActorKind<WebhookMessage> = { name: 'webhook' };

export function webhookKey(tenantId: string, webhookId: string): string {
  return `${tenantId}/${webhookId}`;
}
