import { limits } from '../limits.ts';
import type { Clock, Mailer, SmsSender } from '../ports.ts';

/** A message that nothing was configured to send, for whoever develops against the engine. */
export interface KeptMessage {
  readonly messageId: string;
  readonly channel: 'email' | 'sms';
  readonly to: string;
  readonly subject: string | null;
  readonly text: string;
  readonly at: number;
}

/** In memory and bounded: what is in it is secret, and worth nothing to a deployment. */
export class DevelopmentOutbox {
  readonly #clock: Clock;
  readonly #kept: KeptMessage[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Newest first. */
  list(): readonly KeptMessage[] {
    return [...this.#kept].reverse();
  }

  readonly mailer: Mailer = {
    send: async ({ to, subject, text }, messageId) =>
      this.#keep({ messageId, channel: 'email', to, subject, text, at: this.#clock.now() }),
  };

  readonly smsSender: SmsSender = {
    send: async ({ to, text }, messageId) =>
      this.#keep({ messageId, channel: 'sms', to, subject: null, text, at: this.#clock.now() }),
  };

  #keep(message: KeptMessage): void {
    this.#kept.push(message);
    if (this.#kept.length > limits.development_outbox_max) this.#kept.shift();
  }
}
