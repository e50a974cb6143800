import { createRequire } from 'node:module';
import type { createTransport } from 'nodemailer';
import { limits } from '../limits.ts';
import type { Mailer } from '../ports.ts';

/**
 * Mail over SMTP. Texts only; recipients and subjects are given as fields, which the library encodes, so that nothing
 * in them can become another header.
 */
export function smtpMailer(options: {
  readonly url: string;
  readonly from: string;
  /** For everything together; tests make it shorter. */
  readonly timeoutMs?: number;
}): Mailer {
  const timeout = options.timeoutMs ?? limits.message_timeout_ms;
  // Read only where mail is configured.
  const library = createRequire(import.meta.url)('nodemailer') as {
    readonly createTransport: typeof createTransport;
  };
  const transport = library.createTransport({
    url: options.url,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain =
    options.from
      .split('@')
      .at(-1)
      ?.replace(/[^a-z0-9.-]/gi, '') || 'localhost';
  return {
    async send({ to, subject, text }, messageId) {
      await transport.sendMail({
        from: options.from,
        // As an object, so that a comma in it does not make it two recipients.
        to: { name: '', address: to },
        subject,
        text,
        // The same at every attempt: mailboxes then show a repeated mail once.
        messageId: `<${messageId}@${domain}>`,
        // The times above start anew with each byte; a server that drips would hold the message for ever.
        signal: AbortSignal.timeout(timeout),
      });
    },
  };
}
