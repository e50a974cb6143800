/** Server-sent events: what the listing shows, once a second, to a bounded number of readers. */
import type { EngineApi } from '../../actors/api.ts';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Sink } from '../http/message.ts';

export class EventStreams {
  readonly #clock: Clock;
  #open = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param read what one event carries, as JSON
   * @throws ThenarError engine_busy when enough readers are there already
   */
  open(event: string, read: () => unknown): (sink: Sink) => void {
    if (this.#open >= limits.event_streams_max) {
      throw new ThenarError('engine_busy', 'Enough inspectors are connected already.');
    }
    return (sink) => {
      this.#open += 1;
      let cancel: () => void = () => undefined;
      sink.onClose(() => {
        this.#open -= 1;
        cancel();
      });
      const send = () => {
        if (!sink.write(`event: ${event}\ndata: ${JSON.stringify(read())}\n\n`)) return;
        cancel = this.#clock.after(limits.event_stream_interval_ms, send);
      };
      send();
    };
  }
}

/** What the inspector needs to draw one picture. */
export function picture(
  api: EngineApi,
  clock: Clock,
  list: () => readonly unknown[],
): {
  readonly at: number;
  readonly counts: object;
  readonly connections: number;
  readonly dead_letters: number;
  readonly actors: readonly unknown[];
} {
  return {
    at: clock.now(),
    counts: api.ops.counts(),
    connections: api.sessions.connections().length,
    dead_letters: api.ops.deadLetters().total,
    actors: list(),
  };
}
