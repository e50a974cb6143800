/** Behaviour of the webhook actor: looks for due deliveries, attempts them, commits what came of each. */
import { limits } from '../../engine/limits.ts';
import type { Write } from '../../engine/ports.ts';
import type { DeliveryRecord, WebhookRecord } from '../../engine/records.ts';
import { deliver } from '../../engine/webhooks/deliver.ts';
import { afterAttempt, type AttemptOutcome as HttpOutcome } from '../../engine/webhooks/schedule.ts';
import type { Context } from '../context.ts';
import { splitKey } from '../device/state.ts';
import type { Behaviour, Self } from '../kernel/types.ts';
import { type AttemptOutcome, type WebhookMessage, type WebhookState, webhookKind } from './protocol.ts';
import { webhookPlace } from './secret.ts';

export function webhookBehaviour(context: Context): Behaviour<WebhookState, WebhookMessage> {
  return {
    kind: webhookKind,
    async load(key) {
      const [tenantId, webhookId] = splitKey(key);
      const webhook = await context.store.get('webhooks', { tenantId, webhookId });
      const over = webhook === null || webhook.status !== 'active';
      return {
        webhook,
        inFlight: new Set(),
        looking: false,
        again: false,
        waiting: false,
        over,
        delivered: 0,
        failedInARow: 0,
      };
    },
    start(state, self) {
      look(context, state, self);
      return state;
    },
    receive(state, message, self) {
      receive(context, state, message, self);
      return state;
    },
    idle: (state) => state.over || (state.inFlight.size === 0 && !state.looking && !state.waiting),
    stateName: (state) => (state.over ? 'over' : state.inFlight.size > 0 ? 'delivering' : 'idle'),
    describe: (state) => ({
      webhook_id: state.webhook?.webhookId ?? null,
      in_flight: state.inFlight.size,
      delivered: state.delivered,
      failed_in_a_row: state.failedInARow,
    }),
  };
}

function receive(
  context: Context,
  state: WebhookState,
  message: WebhookMessage,
  self: Self<WebhookMessage>,
): void {
  switch (message.type) {
    case 'wake':
      return look(context, state, self);
    case 'due':
      state.looking = false;
      if (message.outcome.ok) start(context, state, message.outcome.value, self);
      else self.timer('wake', limits.webhook_look_again_ms, { type: 'wake' });
      if (state.again) look(context, state, self);
      return;
    case 'attempted':
      state.inFlight.delete(message.deliveryId);
      if (message.outcome.ok) {
        const delivered = message.outcome.value.delivery.status === 'delivered';
        state.delivered += delivered ? 1 : 0;
        state.failedInARow = delivered ? 0 : state.failedInARow + 1;
        if (message.outcome.value.disabled) state.over = true;
        return look(context, state, self);
      }
      // Nothing was recorded, so the delivery is due still: trying again at once would never pause.
      context.log.warn(
        { deliveryId: message.deliveryId, error: message.outcome.error },
        'A delivery was not made',
      );
      state.waiting = true;
      self.timer('wake', limits.webhook_look_again_ms, { type: 'wake' });
      return;
    case 'removed':
      state.over = true;
      self.passivate();
      return;
    default:
      message satisfies never;
  }
}

/** Reads what is due, and what comes next, so that a timer can wait for it. */
function look(context: Context, state: WebhookState, self: Self<WebhookMessage>): void {
  state.again = state.looking;
  const free = limits.webhook_in_flight_per_endpoint_max - state.inFlight.size;
  if (state.webhook === null || state.over || state.looking || free <= 0) return;
  state.looking = true;
  const { tenantId, webhookId } = state.webhook;
  self.effect(
    () =>
      context.store.list('deliveries', {
        where: { tenantId, webhookId, status: 'pending' },
        order: [
          ['nextAttemptAt', 'asc'],
          ['createdAt', 'asc'],
        ],
        limit: limits.webhook_in_flight_per_endpoint_max + free,
      }),
    (outcome) => ({ type: 'due', outcome }),
  );
}

function start(
  context: Context,
  state: WebhookState,
  found: readonly DeliveryRecord[],
  self: Self<WebhookMessage>,
): void {
  const { webhook } = state;
  if (webhook === null) return;
  const now = self.now();
  let next: number | null = null;
  for (const delivery of found) {
    if (state.inFlight.has(delivery.deliveryId)) continue;
    if (delivery.nextAttemptAt > now) {
      next = Math.min(next ?? delivery.nextAttemptAt, delivery.nextAttemptAt);
      continue;
    }
    if (state.inFlight.size >= limits.webhook_in_flight_per_endpoint_max) break;
    state.inFlight.add(delivery.deliveryId);
    self.effect(
      () => attempt(context, webhook, delivery),
      (outcome) => ({ type: 'attempted', deliveryId: delivery.deliveryId, outcome }),
    );
  }
  state.waiting = next !== null;
  if (next !== null)
    self.timer('wake', Math.min(next - now, limits.webhook_look_again_max_ms), { type: 'wake' });
}

/** At least once: the row says `delivered` only after the endpoint did, so a crash between the two repeats it. */
async function attempt(
  context: Context,
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
): Promise<AttemptOutcome> {
  const { tenantId, eventId, webhookId } = delivery;
  const event = await context.store.get('webhookEvents', { tenantId, eventId });
  const outcome: HttpOutcome =
    event === null
      ? { error: 'event_missing' }
      : await deliver(
          context.sender,
          {
            endpoint: webhook.endpoint,
            deliveryId: delivery.deliveryId,
            eventId,
            eventType: delivery.eventType,
            body: event.body,
            key: context.sealer.open(webhook.secret, webhookPlace(webhookId, 'secret')),
            apiKey:
              webhook.apiKey === null
                ? null
                : Buffer.from(
                    context.sealer.open(webhook.apiKey, webhookPlace(webhookId, 'api_key')),
                  ).toString(),
          },
          { now: context.clock.now() },
        );
  const now = context.clock.now();
  const attempts = delivery.attempts + 1;
  const step = afterAttempt(attempts, outcome, now, context.random);
  const next: DeliveryRecord = {
    ...delivery,
    attempts,
    status: step.kind === 'delivered' ? 'delivered' : step.kind === 'retry' ? 'pending' : 'failed',
    nextAttemptAt: step.kind === 'retry' ? step.at : delivery.nextAttemptAt,
    deliveredAt: step.kind === 'delivered' ? now : null,
    lastStatus: 'status' in outcome ? outcome.status : null,
    lastError: 'error' in outcome ? outcome.error : null,
  };
  const { status, nextAttemptAt, deliveredAt, lastStatus, lastError } = next;
  const disabled = step.kind === 'gone';
  const writes: Write[] = [
    {
      update: 'deliveries',
      where: { deliveryId: delivery.deliveryId },
      set: { attempts, status, nextAttemptAt, deliveredAt, lastStatus, lastError },
    },
  ];
  if (disabled)
    writes.push({ update: 'webhooks', where: { tenantId, webhookId }, set: { status: 'disabled' } });
  await context.store.commit({
    tenantId,
    writes,
    audit: disabled
      ? [
          {
            eventType: 'webhook_disabled',
            actor: 'engine',
            details: { webhook_id: webhookId, reason: 'gone' },
          },
        ]
      : [],
  });
  if (disabled) context.views.setWebhookStatus(tenantId, webhookId, 'disabled');
  return { delivery: next, disabled };
}
