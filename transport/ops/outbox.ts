/** Messages that nothing is configured to send: for whoever develops against the engine (CONTRACT: ops). */
import { type Route, route } from '../http/route.ts';
import { list, nullable, object, oneOf, string, time, uuid } from '../http/schema.ts';
import { timestamp } from '../wire/time.ts';

export const outboxRoute: Route = route({
  method: 'GET',
  path: '/outbox',
  operation: 'listOutbox',
  summary: 'E-mails and text messages that nothing is configured to send, newest first.',
  auth: 'operator',
  reply: object({
    messages: list(
      object({
        message_id: uuid,
        channel: oneOf('email', 'sms'),
        to: string,
        subject: nullable(string),
        text: string,
        created_at: time,
      }),
    ),
  }),
  handle: async ({ api }) => ({
    data: {
      messages: (await api.ops.outbox()).map((message) => ({
        message_id: message.messageId,
        channel: message.channel,
        to: message.to,
        subject: message.subject,
        text: message.text,
        created_at: timestamp(message.at),
      })),
    },
    // It holds codes that work.
    headers: { 'cache-control': 'no-store' },
  }),
});
