/** Server-sent events: what actors do, picture after picture, to a bounded number of readers. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Sink } from '../http/message.ts';

/** Writes one event, when its reader has taken most of those before it. False once the reader is gone. */
export type Say = (event: string, data: unknown) => Promise<boolean>;

export class EventStreams {
  readonly #clock: Clock;
  #open = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets everybody else have their turn. */
  readonly turn = (ms = 0): Promise<void> =>
    new Promise((resolve) => {
      this.#clock.after(ms, resolve);
    });

  /**
   * @param tell tells one picture; called again after a rest, for as long as the reader stays
   * @throws ThenarError engine_busy when enough readers are there already
   */
  open(tell: (say: Say) => Promise<void>): (sink: Sink) => void {
    if (this.#open >= limits.event_streams_max) {
      throw new ThenarError('engine_busy', 'Enough inspectors are connected already.');
    }
    return (sink) => {
      this.#open += 1;
      let here = true;
      let wake: () => void = () => undefined;
      sink.onClose(() => {
        this.#open -= 1;
        here = false;
        wake();
      });
      const say: Say = async (event, data) => {
        await this.#taken(sink, () => here);
        return here && sink.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      };
      const rest = (ms: number): Promise<void> =>
        new Promise((resolve) => {
          const cancel = this.#clock.after(ms, resolve);
          // Whoever left leaves no timer behind.
          wake = () => {
            cancel();
            resolve();
          };
        });
      const run = async (): Promise<void> => {
        while (here) {
          const from = this.#clock.monotonic();
          await tell(say);
          if (here) await rest(this.#restAfter(this.#clock.monotonic() - from));
        }
      };
      // The reader comes back by itself, and finds the refusal where it can be read.
      void run().catch(() => sink.end());
    };
  }

  /** Resolves when the reader has taken most of what it was sent; one that takes nothing is cut off after a while. */
  async #taken(sink: Sink, isHere: () => boolean): Promise<void> {
    let least = Number.POSITIVE_INFINITY;
    let since = this.#clock.monotonic();
    for (
      let left = sink.waiting();
      isHere() && left > limits.event_bytes_waiting_max;
      left = sink.waiting()
    ) {
      const now = this.#clock.monotonic();
      if (left < least) {
        least = left;
        since = now;
      } else if (now - since > limits.answer_stall_ms) return sink.cut();
      await this.turn(limits.event_wait_ms);
    }
  }

  /** However many actors there are and however many look on: together they have a small share of the loop. */
  #restAfter(tookMs: number): number {
    return Math.max(limits.event_stream_interval_ms, tookMs * limits.event_stream_rest * this.#open);
  }
}
