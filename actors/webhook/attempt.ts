/** One attempt of one delivery, and the commit of what came of it. */
import { isThenarError } from '../../engine/errors.ts';
import type { TraceContext, Write } from '../../engine/ports.ts';
import type { DeliveryRecord, WebhookRecord } from '../../engine/records.ts';
import { deliver } from '../../engine/webhooks/deliver.ts';
import {
  afterAttempt,
  type AttemptOutcome as HttpOutcome,
  type NextStep,
  retryStep,
} from '../../engine/webhooks/schedule.ts';
import type { Context } from '../context.ts';
import type { AttemptOutcome } from './protocol.ts';
import { webhookPlace } from './secret.ts';

/** At least once: the row says `delivered` only after the endpoint did, so a crash between the two repeats it. */
export async function attempt(
  context: Context,
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
): Promise<AttemptOutcome> {
  const { clock, meter } = context;
  const startedAt = clock.monotonic();
  const outcome = await traced(context, webhook, delivery);
  meter.webhookSeconds.observe((clock.monotonic() - startedAt) / 1000);
  const attempts = delivery.attempts + 1;
  const now = clock.now();
  const step = afterAttempt(attempts, outcome, now, context.random);
  meter.webhookAttempts.of(step.kind).value += 1;
  if (step.kind !== 'gone') {
    await settle(context, delivery, outcome, step, []);
    return { delivered: step.kind === 'delivered' };
  }
  try {
    await settle(context, delivery, outcome, { kind: 'failed' }, [disabling(webhook)]);
  } catch (error) {
    if (!isThenarError(error, 'version_conflict')) throw error;
    // The webhook was changed meanwhile: it was its former endpoint that is gone, so the new one is tried.
    await settle(context, delivery, outcome, retryStep(attempts, 0, now, context.random), []);
    return { delivered: false };
  }
  context.views.setWebhook({ ...webhook, status: 'disabled', version: webhook.version + 1 });
  return { delivered: false };
}

/** Of what led to the event, while memory knows that; else the attempt begins a trace. */
async function traced(
  context: Context,
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
): Promise<HttpOutcome> {
  const { eventId, eventType, tenantId, deliveryId } = delivery;
  const { traces } = context;
  const span = traces.start(`webhook ${eventType}`, 'client', traces.ofEvent(eventId));
  span.set('thenar.tenant_id', tenantId);
  span.set('thenar.webhook_id', webhook.webhookId);
  span.set('thenar.delivery_id', deliveryId);
  span.set('thenar.attempt', delivery.attempts + 1);
  const outcome = await send(context, webhook, delivery, span.context);
  if ('error' in outcome) span.end(outcome.error);
  else {
    span.set('http.response.status_code', outcome.status);
    span.end(outcome.status < 300 ? undefined : String(outcome.status));
  }
  return outcome;
}

async function send(
  context: Context,
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
  trace: TraceContext | null,
): Promise<HttpOutcome> {
  const { tenantId, eventId, deliveryId, eventType } = delivery;
  const event =
    context.views.webhookEvents.get(eventId) ??
    (await context.store.get('webhookEvents', { tenantId, eventId }));
  if (event === null) return { error: 'event_missing' };
  const now = context.clock.now();
  const { webhookId, endpoint, previousSecret, previousSecretUntil } = webhook;
  const open = (sealed: Uint8Array, what: 'secret' | 'api_key'): Uint8Array =>
    context.sealer.of(tenantId).open(sealed, webhookPlace(webhookId, what));
  const overlapping = previousSecret !== null && now < (previousSecretUntil ?? 0);
  return deliver(
    context.sender,
    {
      endpoint,
      deliveryId,
      eventId,
      eventType,
      trace,
      body: event.body,
      key: open(webhook.secret, 'secret'),
      previousKey: overlapping ? open(previousSecret, 'secret') : null,
      apiKey: webhook.apiKey === null ? null : Buffer.from(open(webhook.apiKey, 'api_key')).toString(),
    },
    { now },
  );
}

function disabling({ tenantId, webhookId, version }: WebhookRecord): Write {
  return {
    update: 'webhooks',
    where: { tenantId, webhookId, version },
    set: { status: 'disabled', version: version + 1 },
    otherwise: 'version_conflict',
  };
}

async function settle(
  context: Context,
  delivery: DeliveryRecord,
  outcome: HttpOutcome,
  step: Exclude<NextStep, { kind: 'gone' }>,
  disable: readonly Write[],
): Promise<void> {
  const { tenantId, webhookId, deliveryId, subject } = delivery;
  const status = step.kind === 'retry' ? 'pending' : step.kind;
  const writes: Write[] = [
    {
      update: 'deliveries',
      where: { tenantId, deliveryId, status: 'pending' },
      set: {
        attempts: delivery.attempts + 1,
        status,
        nextAttemptAt: step.kind === 'retry' ? step.at : delivery.nextAttemptAt,
        deliveredAt: step.kind === 'delivered' ? context.clock.now() : null,
        lastStatus: 'status' in outcome ? outcome.status : null,
        lastError: 'error' in outcome ? outcome.error : null,
      },
    },
  ];
  if (step.kind === 'retry' && subject !== null) {
    // Later events of the subject wait for this one in any case; due together, they cost no look before that.
    writes.push({
      update: 'deliveries',
      where: { webhookId, subject, status: 'pending', deliveryId: { not: deliveryId } },
      set: { nextAttemptAt: step.at },
    });
  }
  await context.store.commit({
    tenantId,
    writes: [...writes, ...disable],
    audit:
      disable.length === 0
        ? []
        : [
            {
              eventType: 'webhook_disabled',
              severity: 'warning',
              actor: 'engine',
              details: { webhook_id: webhookId, reason: 'gone' },
            },
          ],
  });
}
