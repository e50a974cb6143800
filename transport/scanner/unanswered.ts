import { limits } from '../../engine/limits.ts';
import type { Meter } from '../../engine/meter.ts';

/**
 * When the pushes of one connection went out that its scanner has not acknowledged, so that the delay can be told.
 * Made with the first of them: an idle scanner costs nothing.
 */
export class Unanswered {
  readonly #sent = new Map<number, { readonly at: number; readonly method: string }>();

  /** @param at `Clock.monotonic()` milliseconds */
  sent(seq: number, method: string, at: number): void {
    this.#sent.set(seq, { at, method });
    // One that never answers is remembered no further back than the engine itself remembers it.
    if (this.#sent.size > limits.device_outbox_max) this.#sent.delete(this.#sent.keys().next().value ?? 0);
  }

  /** An acknowledgement that comes again, or for what another connection sent, says nothing. */
  acknowledged(seq: number, at: number, meter: Meter): void {
    const sent = this.#sent.get(seq);
    if (sent === undefined) return;
    this.#sent.delete(seq);
    meter.acknowledgementSeconds.of(sent.method).observe((at - sent.at) / 1000);
  }

  get none(): boolean {
    return this.#sent.size === 0;
  }
}
