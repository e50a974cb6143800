/** The webhook actor: delivers one endpoint's events, a few at a time, until each is acknowledged or given up. */
import type { DeliveryRecord } from '../../engine/records.ts';
import type { ActorKind, Outcome } from '../kernel/types.ts';

export type WebhookMessage =
  | { readonly type: 'wake' }
  | { readonly type: 'due'; readonly outcome: Outcome<readonly DeliveryRecord[]> }
  | { readonly type: 'attempted'; readonly deliveryId: string; readonly outcome: Outcome<AttemptOutcome> }
  | { readonly type: 'removed' };

/** What one attempt left in the delivery's row, committed. */
export interface AttemptOutcome {
  readonly delivered: boolean;
}

export interface WebhookState {
  readonly tenantId: string;
  readonly webhookId: string;
  readonly inFlight: Set<string>;
  /** Attempted since the look that is under way began: what it finds of them is old. */
  readonly settled: Set<string>;
  looking: boolean;
  /** Woken while looking: something may have been missed. */
  again: boolean;
  /** When the timer looks again, monotonic milliseconds; null: none waits. */
  wakeAt: number | null;
  delivered: number;
  failedInARow: number;
}

export const webhookKind: ActorKind<WebhookMessage> = { name: 'webhook' };

export function webhookKey(tenantId: string, webhookId: string): string {
  return `${tenantId}/${webhookId}`;
}
