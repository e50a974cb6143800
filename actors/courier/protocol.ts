/** The courier: sends one tenant's mails and text messages, a few at a time, until each was taken or is of no use. */
import type { MessageRecord } from '../../engine/records.ts';
import type { ActorKind, Outcome } from '../kernel/types.ts';

export type CourierMessage =
  | { readonly type: 'wake' }
  | { readonly type: 'due'; readonly outcome: Outcome<readonly MessageRecord[]> }
  | { readonly type: 'attempted'; readonly messageId: string; readonly outcome: Outcome<Attempted> };

export type Attempted = 'sent' | 'again' | 'given_up';

export interface CourierState {
  readonly tenantId: string;
  readonly inFlight: Set<string>;
  /** Attempted since the look that is under way began: what it finds of them is old. */
  readonly settled: Set<string>;
  looking: boolean;
  /** Woken while looking: something may have been missed. */
  again: boolean;
  /** When the timer looks again, monotonic milliseconds; null: none waits. */
  wakeAt: number | null;
  sent: number;
  failedInARow: number;
}

/** Keyed by tenant; the platform's own messages under the platform's tenant. */
export const courierKind: ActorKind<CourierMessage> = { name: 'courier' };
