/** Events to deliveries: what a commit must write so that every subscriber is told at least once. */
import type { Write } from '../../engine/ports.ts';
import { buildEvent, type WebhookEventData, type WebhookEventType } from '../../engine/webhooks/events.ts';
import type { Context } from '../context.ts';
import { webhookKey, webhookKind } from './protocol.ts';

export interface Emission {
  /** Part of the commit that decides the event. */
  readonly writes: readonly Write[];
  /** After that commit: wakes the deliverers. Losing it only delays them. */
  readonly wake: () => void;
}

export const nothingEmitted: Emission = { writes: [], wake: () => undefined };

/** The writes of one event to all endpoints of the tenant that subscribe to it; none when nobody does. */
export function emit<T extends WebhookEventType>(
  context: Context,
  tenantId: string,
  type: T,
  data: WebhookEventData[T],
): Emission {
  const subscribers = (context.views.webhooks.get(tenantId) ?? []).filter(
    (webhook) => webhook.status === 'active' && webhook.events.includes(type),
  );
  if (subscribers.length === 0) return nothingEmitted;
  const now = context.clock.now();
  const event = buildEvent(type, tenantId, data, { now, random: context.random });
  return {
    writes: [
      { insert: 'webhookEvents', row: event },
      ...subscribers.map(
        (webhook): Write => ({
          insert: 'deliveries',
          row: {
            deliveryId: `del_${context.random.uuid()}`,
            tenantId,
            webhookId: webhook.webhookId,
            eventId: event.eventId,
            eventType: type,
            status: 'pending',
            attempts: 0,
            nextAttemptAt: now,
            lastStatus: null,
            lastError: null,
            createdAt: now,
            deliveredAt: null,
          },
        }),
      ),
    ],
    wake() {
      for (const { webhookId } of subscribers) {
        context.directory.tell(webhookKind, webhookKey(tenantId, webhookId), { type: 'wake' });
      }
    },
  };
}

/** Several emissions of one commit as one. */
export function emissions(...all: readonly Emission[]): Emission {
  return {
    writes: all.flatMap((emission) => emission.writes),
    wake() {
      for (const emission of all) emission.wake();
    },
  };
}
