/** Webhook endpoints of a tenant. */
import type { WebhookRecord } from '../../engine/records.ts';
import type { TenantCall } from '../calls.ts';

export interface CreateWebhook {
  readonly name: string;
  readonly endpoint: string;
  readonly events: readonly string[];
  readonly apiKey?: string | null;
}

export interface WebhooksApi {
  create(call: TenantCall, input: CreateWebhook): Promise<{ webhook: WebhookRecord; secret: string }>;
  list(call: TenantCall): Promise<readonly WebhookRecord[]>;
  remove(call: TenantCall, webhookId: string): Promise<void>;
}
