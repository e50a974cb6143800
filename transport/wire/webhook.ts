/** Bodies and headers of webhooks, for the published document; `engine/webhooks/events.ts` writes them. */
import type { WebhookEventType } from '../../engine/webhooks/events.ts';
import {
  boolean,
  constant,
  freeform,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  optional,
  type Required,
  string,
  text,
  time,
  uuid,
} from '../http/schema.ts';

const metadata = nullable(freeform);

const verification = {
  challenge_id: uuid,
  user_id: uuid,
  matched: boolean,
  scores: list(number()),
  thresholds: list(number()),
  match_policy: string,
  latency_ms: number(),
  vendor: string,
  verified_at: time,
  metadata,
};

const userStatus = { user_id: uuid, external_user_id: nullable(string), reason: nullable(string) };

interface EventDescription {
  readonly summary: string;
  /** Of the body's `data`. */
  readonly data: Required<object>;
}

/** Total: an event without a description does not compile. */
export const webhookEvents: Readonly<Record<WebhookEventType, EventDescription>> = {
  'device.paired': {
    summary: 'A scanner was paired.',
    data: object({
      hardware_id: string,
      device_name: string,
      location: string,
      status: constant('paired'),
      paired_at: time,
      cert_valid_until: time,
    }),
  },
  'enrollment.complete': {
    summary: 'Palms were enrolled; both hands give one event with `feature_ids`.',
    data: object({
      user_id: uuid,
      feature_id: optional(nullable(string)),
      feature_ids: optional(list(string)),
      palm_type: oneOf('left', 'right', 'both'),
      hardware_id: nullable(string),
      challenge_id: nullable(uuid),
      enrolled_at: time,
      vendor: string,
      metadata,
    }),
  },
  'verification.complete': {
    summary: 'A verification was decided, whether it matched or not.',
    data: object(verification),
  },
  'verification.failed': { summary: 'A verification did not match.', data: object(verification) },
  'user.suspended': {
    summary: 'A user was suspended.',
    data: object({ ...userStatus, status: constant('suspended'), suspended_at: time }),
  },
  'user.reactivated': {
    summary: 'A suspended user was reactivated.',
    data: object({ ...userStatus, status: constant('active'), reactivated_at: time }),
  },
  'consent.withdrawn': {
    summary: 'A user withdrew a consent.',
    data: object({
      user_id: uuid,
      external_user_id: nullable(string),
      consent_type: string,
      version: string,
      status: constant('withdrawn'),
      withdrawn_at: time,
    }),
  },
  'kyc.status': {
    summary: 'An identity check changed its status.',
    data: object({
      user_id: uuid,
      external_user_id: nullable(string),
      session_id: uuid,
      provider: string,
      status: string,
      updated_at: time,
    }),
  },
  'keyshare.recovered': {
    summary: 'Key shares of a wallet user were recovered, with the face.',
    data: object({
      user_id: uuid,
      external_user_id: nullable(string),
      key_ids: list(string),
      recovered_at: time,
    }),
  },
  'webhook.test': {
    summary: 'Sent on request, to the one endpoint it was requested for.',
    data: object({ webhook_id: uuid, requested_at: time }),
  },
};

/** What surrounds the data of every event. */
export function webhookBody(type: WebhookEventType): Required<object> {
  return object({
    event_id: text({ pattern: '^evt_[0-9a-f]{32}$', example: 'evt_a1b2c3d4e5f6789012345678abcdef01' }),
    event_type: constant(type),
    tenant_id: uuid,
    timestamp: time,
    data: webhookEvents[type].data,
  });
}

/** Document 003's headers, and those of Standard Webhooks. */
export const webhookHeaders = named(
  'WebhookHeaders',
  object({
    'Content-Type': constant('application/json'),
    'User-Agent': constant('LinkIdentity-Webhook/1.0'),
    'X-Link-Event': text({ description: 'The event type', example: 'verification.complete' }),
    'X-Link-Delivery': text({
      description: 'Names one delivery to one endpoint',
      example: 'del_a1b2c3d4-e5f6-7890-abcd-ef1234567890',
    }),
    'X-API-Key': optional(text({ description: 'The api_key the endpoint was registered with' })),
    traceparent: optional(
      text({
        description: 'W3C Trace Context: the span of this attempt, where the engine traces',
        example: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      }),
    ),
    'webhook-id': text({
      description: 'The event_id, stable over retries',
      example: 'evt_a1b2c3d4e5f6789012345678abcdef01',
    }),
    'webhook-timestamp': text({ description: 'Seconds since the epoch', example: '1780929131' }),
    'webhook-signature': text({
      description: 'v1, and HMAC-SHA256 over id.timestamp.body in base64; several while a secret is replaced',
      example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
    }),
  }),
);
