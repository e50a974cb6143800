/** What sends messages to people; ports.ts shows them with all others. */

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Rejects when the mail was not taken. The identifier is the same at every attempt. */
export interface Mailer {
  send(mail: Mail, messageId: string): Promise<void>;
}

export interface TextMessage {
  /** E.164. */
  readonly to: string;
  readonly text: string;
  /** Which of the operator's providers, and in whose name: the tenant's own choice, or null. */
  readonly provider: string | null;
  readonly senderId: string | null;
}

/** Rejects when the message was not taken. The identifier is the same at every attempt. */
export interface SmsSender {
  send(message: TextMessage, messageId: string): Promise<void>;
}
