import { limits } from '../limits.ts';
import type { HttpSender } from '../outbound/send.ts';
import type { TraceContext } from '../ports.ts';
import { traceHeaders } from '../trace/spans.ts';
import { type AttemptOutcome, readRetryAfter } from './schedule.ts';
import { signatureHeaders } from './sign.ts';

/** One event on its way to one endpoint, unsealed. */
export interface Delivery {
  readonly endpoint: string;
  /** `del_` and a UUID. */
  readonly deliveryId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly body: string;
  /** The decoded signing secret. */
  readonly key: Uint8Array;
  /** The one before it, while both sign. */
  readonly previousKey?: Uint8Array | null;
  readonly apiKey: string | null;
  /** Goes with it, so that the receiver's work can hang under it. */
  readonly trace?: TraceContext | null;
}

/**
 * Makes one attempt. Never rejects: what went wrong is the outcome, which `afterAttempt` turns into the next step.
 * @param options.now epoch milliseconds, for the signature and a Retry-After date
 */
export async function deliver(
  sender: HttpSender,
  delivery: Delivery,
  options: { readonly now: number; readonly signal?: AbortSignal; readonly timeoutMs?: number },
): Promise<AttemptOutcome> {
  const { now, signal } = options;
  const reply = await sender.send({
    endpoint: delivery.endpoint,
    headers: deliveryHeaders(delivery, now),
    body: delivery.body,
    timeoutMs: options.timeoutMs ?? limits.webhook_timeout_ms,
    ...(signal === undefined ? {} : { signal }),
  });
  if ('error' in reply) return reply;
  return { status: reply.status, retryAfterMs: readRetryAfter(reply.retryAfter, now) };
}

/** All headers of a delivery: those of the integration document and those of Standard Webhooks. */
export function deliveryHeaders(delivery: Delivery, now: number): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/json',
    'User-Agent': 'LinkIdentity-Webhook/1.0',
    'X-Link-Event': delivery.eventType,
    'X-Link-Delivery': delivery.deliveryId,
    ...(delivery.apiKey === null ? {} : { 'X-API-Key': delivery.apiKey }),
    ...traceHeaders(delivery.trace ?? null),
    ...signatureHeaders(delivery.key, delivery.eventId, delivery.body, now, delivery.previousKey),
  };
}
