import { limits } from '../limits.ts';
import type { SmsSender } from '../ports.ts';
import type { HttpSender } from './send.ts';

/**
 * Text messages through a provider's HTTP interface: POST with `{message_id, to, text, provider, sender_id}`, where
 * any 2xx means that it took the message. `provider` and `sender_id` are the tenant's own, or null.
 * Providers see the same `message_id` (and Idempotency-Key) at every attempt.
 */
export function httpSmsSender(options: {
  readonly url: string;
  readonly token: string | null;
  readonly sender: HttpSender;
}): SmsSender {
  const { url, token, sender } = options;
  return {
    async send({ to, text, provider, senderId }, messageId) {
      const reply = await sender.send({
        endpoint: url,
        headers: {
          'Content-Type': 'application/json',
          'Idempotency-Key': messageId,
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ message_id: messageId, to, text, provider, sender_id: senderId }),
        timeoutMs: limits.message_timeout_ms,
      });
      if ('error' in reply) throw new Error(`the SMS provider was not reached: ${reply.error}`);
      if (reply.status < 200 || reply.status > 299) {
        throw new Error(`the SMS provider answered ${reply.status}`);
      }
    },
  };
}
