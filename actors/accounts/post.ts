/** Messages to people: written in the commit of what they are about, sent after it, as often as it takes. */
import { codeMail, codeText, type Writing } from '../../engine/accounts/messages.ts';
import type { CodeTarget } from '../../engine/accounts/target.ts';
import { limits } from '../../engine/limits.ts';
import type { Mail, TextMessage, Write } from '../../engine/ports.ts';
import type { TenantRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { courierKind } from '../courier/protocol.ts';

export type Outgoing = ({ readonly channel: 'email' } & Mail) | ({ readonly channel: 'sms' } & TextMessage);

export interface Posting {
  /** Part of the commit that decides what the message is about. */
  readonly writes: readonly Write[];
  /** After that commit: wakes the courier. Losing it only delays the message. */
  readonly wake: () => void;
}

/** Where a message is sealed to. */
export function messagePlace(messageId: string): string {
  return `messages|${messageId}`;
}

/** @param lifeS how long what the message says is of use */
export function post(context: Context, tenantId: string, message: Outgoing, lifeS: number): Posting {
  const now = context.clock.now();
  const messageId = context.random.uuid();
  const sealed = context.sealer
    .of(tenantId)
    .seal(Buffer.from(JSON.stringify(message)), messagePlace(messageId));
  return {
    writes: [
      {
        insert: 'messages',
        row: {
          messageId,
          tenantId,
          channel: message.channel,
          sealed,
          attempts: 0,
          nextAttemptAt: now,
          createdAt: now,
          expiresAt: now + lifeS * 1000,
        },
      },
    ],
    wake: () => context.directory.tell(courierKind, tenantId, { type: 'wake' }),
  };
}

export function postMail(
  context: Context,
  tenantId: string,
  to: string,
  writing: Writing,
  lifeS: number,
): Posting {
  return post(context, tenantId, { channel: 'email', to, ...writing }, lifeS);
}

/** A code to where its owner is. */
export function postCode(context: Context, tenant: TenantRecord, target: CodeTarget, code: string): Posting {
  const { tenantId, name, config } = tenant;
  const lifeS = limits.one_time_code_life_s;
  const minutes = lifeS / 60;
  if ('email' in target) {
    return postMail(context, tenantId, target.email, codeMail(name, code, minutes), lifeS);
  }
  const message = {
    channel: 'sms' as const,
    to: target.mobile,
    text: codeText(name, code, minutes),
    provider: config.smsProvider,
    senderId: config.smsSenderId,
  };
  return post(context, tenantId, message, lifeS);
}
