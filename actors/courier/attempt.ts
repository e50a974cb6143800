/** One attempt to send one message, and what is committed of it. */
import { limits } from '../../engine/limits.ts';
import type { MessageRecord } from '../../engine/records.ts';
import { messagePlace, type Outgoing } from '../accounts/post.ts';
import type { Context } from '../context.ts';
import type { Attempted } from './protocol.ts';

/** At least once: the row goes only after the message was taken, so a crash between the two repeats it. */
export async function attempt(context: Context, message: MessageRecord): Promise<Attempted> {
  const { clock, log } = context;
  const { messageId, channel } = message;
  if (clock.now() >= message.expiresAt) return giveUp(context, message);
  try {
    await send(context, message);
  } catch (error) {
    const now = clock.now();
    const attempts = message.attempts + 1;
    log.warn({ messageId, channel, attempts, reason: reasonOf(error) }, 'A message was not sent');
    const nextAttemptAt = now + waitMs(attempts);
    if (nextAttemptAt >= message.expiresAt) return giveUp(context, message);
    await context.store.commit({
      tenantId: message.tenantId,
      writes: [{ update: 'messages', where: { messageId }, set: { attempts, nextAttemptAt } }],
    });
    return 'again';
  }
  await context.store.commit({
    tenantId: message.tenantId,
    writes: [{ delete: 'messages', where: { messageId } }],
  });
  return 'sent';
}

async function send(context: Context, { tenantId, messageId, sealed }: MessageRecord): Promise<void> {
  const opened = context.sealer.of(tenantId).open(sealed, messagePlace(messageId));
  const message = JSON.parse(Buffer.from(opened).toString('utf8')) as Outgoing;
  await (message.channel === 'email'
    ? context.mailer.send(message, messageId)
    : context.smsSender.send(message, messageId));
}

async function giveUp(context: Context, message: MessageRecord): Promise<Attempted> {
  const { messageId, channel, attempts, tenantId } = message;
  await context.store.commit({
    tenantId,
    writes: [{ delete: 'messages', where: { messageId } }],
    audit: [
      { eventType: 'message_not_sent', severity: 'warning', actor: 'engine', details: { channel, attempts } },
    ],
  });
  return 'given_up';
}

function waitMs(attempts: number): number {
  return Math.min(limits.message_backoff_ms * 2 ** (attempts - 1), limits.message_backoff_max_ms);
}

/** A provider's own words may repeat the message, so only its code is logged, or what our own sender says. */
function reasonOf(error: unknown): string {
  const { code, responseCode, message } = error as {
    code?: unknown;
    responseCode?: unknown;
    message?: unknown;
  };
  if (code !== undefined || responseCode !== undefined) {
    return [code, responseCode].filter((part) => part !== undefined).join(' ');
  }
  return String(message).startsWith('the SMS provider') ? String(message) : 'failed';
}
