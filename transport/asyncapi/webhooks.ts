/** Webhooks: what the engine sends to the endpoints of integrators. */
import type { WebhookEventType } from '../../engine/webhooks/events.ts';
import type { Components } from '../http/openapi/components.ts';
import { exampleOf } from '../http/openapi/example.ts';
import { webhookBody, webhookEvents, webhookHeaders } from '../wire/webhook.ts';
import { keyOf } from './scanner.ts';
import { webhookExamples } from './webhook_examples.ts';

export function describeWebhooks(
  components: Components,
  channel: string,
): { readonly messages: Record<string, object>; readonly operations: Record<string, object> } {
  const messages: Record<string, object> = {};
  const operations: Record<string, object> = {};
  for (const [type, { summary }] of Object.entries(webhookEvents)) {
    const key = keyOf(type);
    const body = webhookBody(type as WebhookEventType).json;
    messages[key] = {
      name: type,
      title: type,
      summary,
      contentType: 'application/json',
      headers: components.schema(webhookHeaders.json),
      payload: components.schema(body),
      examples: [{ payload: webhookExamples[type] ?? exampleOf(body) }],
    };
    operations[key] = {
      action: 'send',
      channel: { $ref: channel },
      summary,
      messages: [{ $ref: `${channel}/messages/${key}` }],
    };
  }
  return { messages, operations };
}
