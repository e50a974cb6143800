/** What a linked service is asked and what it answers: the protocol of docs/linked-services.md. */

import { limits } from '../limits.ts';
import type { HttpReply } from '../outbound/send.ts';
import type { TraceContext } from '../ports.ts';
import type { DeviceRecord, JsonObject, UserRecord } from '../records.ts';
import { traceHeaders } from '../trace/spans.ts';
import { signatureHeaders } from '../webhooks/sign.ts';

/** Why a service did not decide. */
export type Unavailable =
  | 'service_missing'
  | 'breaker_open'
  | 'busy'
  | 'timeout'
  | 'unreachable'
  | 'server_error'
  | 'bad_reply'
  /** Nobody waits for the answer any more. */
  | 'abandoned';

export type Verdict =
  | {
      readonly kind: 'answered';
      readonly decision: 'allow' | 'deny';
      readonly displayMessage: string | null;
      readonly productReference: string | null;
    }
  /** It is there and does not take the question (4xx): that is no outage, so nothing is allowed. */
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'unavailable'; readonly reason: Unavailable };

/** The body of the question. Its bytes are stored, so that asking again asks the same. */
export function questionBody(question: {
  readonly transactionId: string;
  readonly tenantId: string;
  readonly productKey: string;
  readonly user: Pick<UserRecord, 'userId' | 'externalUserId'>;
  readonly device: Pick<DeviceRecord, 'deviceId' | 'hardwareId' | 'deviceClass' | 'boundAction'>;
  readonly context: JsonObject;
  readonly at: number;
}): string {
  const { user, device, context } = question;
  return JSON.stringify({
    transaction_id: question.transactionId,
    tenant_id: question.tenantId,
    product_key: question.productKey,
    user_id: user.userId,
    external_user_id: user.externalUserId,
    device: {
      device_id: device.deviceId,
      hardware_id: device.hardwareId,
      class: device.deviceClass,
      bound_action: device.boundAction,
    },
    amount: context.amount ?? null,
    currency: context.currency ?? null,
    context,
    timestamp: new Date(question.at).toISOString(),
  });
}

/** The context of a stored question. */
export function contextOf(request: string): JsonObject {
  return (JSON.parse(request) as { context: JsonObject }).context;
}

/**
 * The transaction is the key of its own question: stable over retries, restarts and repeats of the device.
 * @param trace goes with it, so that the service's work can hang under it
 */
export function questionHeaders(
  key: Uint8Array,
  transactionId: string,
  body: string,
  now: number,
  trace: TraceContext | null = null,
): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    'User-Agent': 'LinkIdentity-Broker/1.0',
    'Idempotency-Key': transactionId,
    ...traceHeaders(trace),
    ...signatureHeaders(key, transactionId, body, now),
  };
}

/** Only a clear 2xx reply decides; everything that is none is said by name. */
export function readVerdict(reply: HttpReply): Verdict {
  if ('error' in reply) {
    return { kind: 'unavailable', reason: reply.error === 'timeout' ? 'timeout' : errorReason(reply.error) };
  }
  const { status, body } = reply;
  if (status >= 500 || status === 408 || status === 429) {
    return { kind: 'unavailable', reason: 'server_error' };
  }
  if (status >= 400) return { kind: 'refused', status };
  return (status >= 200 && status < 300 ? readAnswer(body) : null) ?? unreadable;
}

const unreadable: Verdict = { kind: 'unavailable', reason: 'bad_reply' };

function errorReason(error: string): Unavailable {
  return error === 'too_large' ? 'bad_reply' : 'unreachable';
}

function readAnswer(body: string): Verdict | null {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const {
    decision,
    display_message: message,
    product_reference: reference,
  } = json as Record<string, unknown>;
  if (decision !== 'allow' && decision !== 'deny') return null;
  if (!isTextOrNothing(message) || !isTextOrNothing(reference)) return null;
  if ((reference?.length ?? 0) > limits.service_reference_length_max) return null;
  return {
    kind: 'answered',
    decision,
    displayMessage: showable(message ?? ''),
    productReference: reference ?? null,
  };
}

function isTextOrNothing(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string';
}

/** A line that a till can show: no control characters nor changes of direction, and cut where it is too long. Null when nothing is left. */
function showable(message: string): string | null {
  const line = message.replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
  const characters = [...line];
  if (characters.length === 0) return null;
  return characters.length <= limits.service_message_length_max
    ? line
    : `${characters.slice(0, limits.service_message_length_max - 1).join('')}…`;
}
