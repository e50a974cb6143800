import { limits } from '../../engine/limits.ts';
import type { Meter } from '../../engine/meter.ts';
import type { Span } from '../../engine/ports.ts';

interface Sent {
  readonly method: string;
  /** `Clock.monotonic()` milliseconds. */
  readonly at: number;
  /** Ends with the acknowledgement. */
  readonly span: Span;
}

/**
 * The pushes of one connection that its scanner has not acknowledged, so that the delay can be told. Made with the
 * first of them: an idle scanner costs nothing.
 */
export class Unanswered {
  readonly #sent = new Map<number, Sent>();

  sent(seq: number, sent: Sent): void {
    this.#sent.set(seq, sent);
    if (this.#sent.size <= limits.device_outbox_max) return;
    // One that never answers is remembered no further back than the engine itself remembers it.
    for (const [oldest, { span }] of this.#sent) {
      span.end('unacknowledged');
      this.#sent.delete(oldest);
      break;
    }
  }

  /** An acknowledgement that comes again, or for what another connection sent, says nothing. */
  acknowledged(seq: number, at: number, meter: Meter): void {
    const sent = this.#sent.get(seq);
    if (sent === undefined) return;
    this.#sent.delete(seq);
    sent.span.end();
    meter.acknowledgementSeconds.of(sent.method).observe((at - sent.at) / 1000);
  }

  /** The connection is gone. */
  abandon(): void {
    for (const { span } of this.#sent.values()) span.end('unacknowledged');
    this.#sent.clear();
  }

  get none(): boolean {
    return this.#sent.size === 0;
  }
}
