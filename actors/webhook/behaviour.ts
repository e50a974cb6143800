/** Behaviour of the webhook actor: looks for due deliveries and attempts them, each subject's in order. */
import { limits } from '../../engine/limits.ts';
import { TokenBuckets } from '../../engine/rate.ts';
import type { DeliveryRecord, WebhookRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { splitKey } from '../device/state.ts';
import type { Behaviour, Self } from '../kernel/types.ts';
import { attempt } from './attempt.ts';
import { type WebhookMessage, type WebhookState, webhookKind } from './protocol.ts';

export function webhookBehaviour(context: Context): Behaviour<WebhookState, WebhookMessage> {
  const rates = new TokenBuckets();
  return {
    kind: webhookKind,
    async load(key) {
      const [tenantId, webhookId] = splitKey(key);
      return {
        tenantId,
        webhookId,
        inFlight: new Set(),
        settled: new Set(),
        looking: false,
        again: false,
        wakeAt: null,
        delivered: 0,
        failedInARow: 0,
      };
    },
    start(state, self) {
      look(context, state, self);
      return state;
    },
    receive(state, message, self) {
      receive(context, rates, state, message, self);
      return state;
    },
    idle: (state) => state.inFlight.size === 0 && !state.looking && state.wakeAt === null,
    stateName: (state) =>
      active(context, state) === null ? 'disabled' : state.inFlight.size > 0 ? 'delivering' : 'idle',
    describe: (state) => ({
      webhook_id: state.webhookId,
      in_flight: state.inFlight.size,
      delivered: state.delivered,
      failed_in_a_row: state.failedInARow,
    }),
  };
}

/** The webhook as it is now; null when nothing may be delivered: disabled, or removed. */
function active(context: Context, { tenantId, webhookId }: WebhookState): WebhookRecord | null {
  const webhook = context.views.webhook(tenantId, webhookId);
  return webhook?.status === 'active' ? webhook : null;
}

function receive(
  context: Context,
  rates: TokenBuckets,
  state: WebhookState,
  message: WebhookMessage,
  self: Self<WebhookMessage>,
): void {
  switch (message.type) {
    case 'wake':
      self.cancelTimer('wake');
      state.wakeAt = null;
      return look(context, state, self);
    case 'due':
      state.looking = false;
      if (message.outcome.ok) start(context, rates, state, message.outcome.value, self);
      else waitFor(context, state, limits.webhook_look_again_ms, self);
      state.settled.clear();
      if (state.again) look(context, state, self);
      return;
    case 'attempted':
      state.inFlight.delete(message.deliveryId);
      if (state.looking) state.settled.add(message.deliveryId);
      if (message.outcome.ok) {
        const { delivered } = message.outcome.value;
        state.delivered += delivered ? 1 : 0;
        state.failedInARow = delivered ? 0 : state.failedInARow + 1;
        return lookSoon(context, state, self);
      }
      // Nothing was recorded, so the delivery is due still: trying again at once would never pause.
      context.log.warn(
        { deliveryId: message.deliveryId, error: message.outcome.error },
        'A delivery was not made',
      );
      waitFor(context, state, limits.webhook_look_again_ms, self);
      return;
    case 'removed':
      self.cancelTimer('wake');
      state.wakeAt = null;
      self.passivate();
      return;
    default:
      message satisfies never;
  }
}

/** After an attempt: later events of its subject may be due now, and attempts end in swarms. */
function lookSoon(context: Context, state: WebhookState, self: Self<WebhookMessage>): void {
  if (state.looking) state.again = true;
  else waitFor(context, state, limits.webhook_look_together_ms, self);
}

/** Reads what is due, and what comes next, so that a timer can wait for it. */
function look(context: Context, state: WebhookState, self: Self<WebhookMessage>): void {
  state.again = state.looking;
  const free = freePlaces(state);
  if (active(context, state) === null || state.looking || free <= 0) return;
  state.looking = true;
  const { tenantId, webhookId } = state;
  self.effect(
    () =>
      context.store.list('deliveryHeads', {
        where: { tenantId, webhookId },
        order: [
          ['nextAttemptAt', 'asc'],
          ['sequence', 'asc'],
        ],
        limit: limits.webhook_in_flight_per_endpoint_max + free,
      }),
    (outcome) => ({ type: 'due', outcome }),
  );
}

/** An endpoint that only fails is asked by one delivery at a time. */
function freePlaces(state: WebhookState): number {
  const cautious = state.failedInARow >= limits.webhook_failures_cautious;
  return (cautious ? 1 : limits.webhook_in_flight_per_endpoint_max) - state.inFlight.size;
}

function start(
  context: Context,
  rates: TokenBuckets,
  state: WebhookState,
  found: readonly DeliveryRecord[],
  self: Self<WebhookMessage>,
): void {
  const webhook = active(context, state);
  if (webhook === null) return;
  const now = self.now();
  let wait: number | null = null;
  for (const delivery of found) {
    const { deliveryId } = delivery;
    if (state.inFlight.has(deliveryId) || state.settled.has(deliveryId)) continue;
    if (delivery.nextAttemptAt > now) {
      // In order of time: the ones behind come later still.
      wait = delivery.nextAttemptAt - now;
      break;
    }
    if (freePlaces(state) <= 0) break;
    const { webhook_attempts_per_s: rate, webhook_attempts_burst: burst } = limits;
    const turn = rates.take(self.key, context.clock.monotonic(), rate, burst);
    if (!turn.ok) {
      wait = turn.retryAfterMs;
      break;
    }
    state.inFlight.add(deliveryId);
    self.effect(
      () => attempt(context, webhook, delivery),
      (outcome) => ({ type: 'attempted', deliveryId, outcome }),
    );
  }
  if (wait !== null) waitFor(context, state, Math.min(wait, limits.webhook_look_again_max_ms), self);
}

/** A look that is to come sooner stands: it is for a delivery whose attempt was not recorded. */
function waitFor({ clock }: Context, state: WebhookState, ms: number, self: Self<WebhookMessage>): void {
  const at = clock.monotonic() + ms;
  if (state.wakeAt !== null && state.wakeAt <= at) return;
  state.wakeAt = at;
  self.timer('wake', ms, { type: 'wake' });
}
