/** Events to deliveries: what a commit must write so that every subscriber is told at least once. */
import type { TraceContext, Write } from '../../engine/ports.ts';
import type { DeliveryRecord, WebhookEventRecord } from '../../engine/records.ts';
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

/**
 * The writes of one event to all endpoints of the tenant that subscribe to it; none when nobody does. A disabled
 * endpoint gets no delivery, but its event is kept, so that what it missed can be replayed.
 * @param trace of what led to it; its deliveries hang under that
 */
export function emit<T extends WebhookEventType>(
  context: Context,
  tenantId: string,
  type: T,
  data: WebhookEventData[T],
  trace: TraceContext | null = null,
): Emission {
  const subscribers = (context.views.webhooks.get(tenantId) ?? []).filter((webhook) =>
    webhook.events.includes(type),
  );
  if (subscribers.length === 0) return nothingEmitted;
  const event = buildEvent(type, tenantId, data, { now: context.clock.now(), random: context.random });
  const active = subscribers.filter((webhook) => webhook.status === 'active');
  return {
    writes: [
      { insert: 'webhookEvents', row: event },
      ...active.map(({ webhookId }): Write => {
        return { insert: 'deliveries', row: newDelivery(context, event, webhookId) };
      }),
    ],
    wake() {
      if (active.length > 0) {
        context.views.webhookEvents.set(event.eventId, event);
        context.traces.emitted(event.eventId, trace);
      }
      for (const { webhookId } of active) wake(context, tenantId, webhookId);
    },
  };
}

/** One event to one endpoint, due at once. */
export function newDelivery(
  context: Context,
  event: Pick<WebhookEventRecord, 'tenantId' | 'eventId' | 'eventType' | 'subject'>,
  webhookId: string,
): DeliveryRecord {
  const now = context.clock.now();
  return {
    deliveryId: `del_${context.random.uuid()}`,
    tenantId: event.tenantId,
    webhookId,
    eventId: event.eventId,
    eventType: event.eventType,
    subject: event.subject,
    status: 'pending',
    attempts: 0,
    nextAttemptAt: now,
    lastStatus: null,
    lastError: null,
    createdAt: now,
    deliveredAt: null,
  };
}

export function wake(context: Context, tenantId: string, webhookId: string): void {
  context.directory.tell(webhookKind, webhookKey(tenantId, webhookId), { type: 'wake' });
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
