/** Webhook endpoints of a tenant, and the log of what they were sent. */
import type { DeliveryRecord, DeliveryStatus, WebhookRecord, WebhookStatus } from '../../engine/records.ts';
import type { TenantCall } from '../calls.ts';
import type { Page, PageQuery } from './common.ts';

export interface CreateWebhook {
  readonly name: string;
  readonly endpoint: string;
  readonly events: readonly string[];
  readonly apiKey?: string | null;
}

export interface DeliveryQuery extends PageQuery {
  readonly status?: DeliveryStatus;
  readonly eventType?: string;
  /** Epoch milliseconds of the delivery's making: from the first, the second excluded. */
  readonly from?: number;
  readonly until?: number;
}

export interface WebhooksApi {
  create(call: TenantCall, input: CreateWebhook): Promise<{ webhook: WebhookRecord; secret: string }>;
  list(call: TenantCall): Promise<readonly WebhookRecord[]>;
  /** Enabling it, or another endpoint, tries at once what waits. @throws webhook_not_found, version_conflict */
  update(
    call: TenantCall,
    webhookId: string,
    input: Partial<CreateWebhook> & { readonly status?: WebhookStatus },
  ): Promise<WebhookRecord>;
  /** The secret before it signs beside the new one until `previousSecretUntil`. */
  regenerate(call: TenantCall, webhookId: string): Promise<{ webhook: WebhookRecord; secret: string }>;
  remove(call: TenantCall, webhookId: string): Promise<void>;
  /** Newest first. */
  deliveries(call: TenantCall, webhookId: string, query: DeliveryQuery): Promise<Page<DeliveryRecord>>;
  /** Sends an event of the type `webhook.test`. @throws webhook_disabled */
  test(call: TenantCall, webhookId: string): Promise<DeliveryRecord>;
  /** The same event again, as a new delivery. @throws delivery_not_found, webhook_disabled */
  replay(call: TenantCall, webhookId: string, deliveryId: string): Promise<DeliveryRecord>;
  /**
   * Every event of the time that the webhook subscribes to, in order, as new deliveries.
   * @throws webhook_disabled; limit_reached when there are more than `limits.webhook_replay_max`
   */
  replayRange(
    call: TenantCall,
    webhookId: string,
    range: { readonly from: number; readonly until: number; readonly eventTypes?: readonly string[] },
  ): Promise<readonly DeliveryRecord[]>;
}
