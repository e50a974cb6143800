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
  open(event: string, read: () => Promise<unknown>): (sink: Sink) => void {
    if (this.#open >= limits.event_streams_max) {
      throw new ThenarError('engine_busy', 'Enough inspectors are connected already.');
    }
    return (sink) => {
      this.#open += 1;
      let here = true;
      let cancel: () => void = () => undefined;
      sink.onClose(() => {
        this.#open -= 1;
        here = false;
        cancel();
      });
      const send = async (): Promise<void> => {
        const data = JSON.stringify(await read());
        // Whoever left while the picture was made gets none, and leaves no timer behind.
        if (!here || !sink.write(`event: ${event}\ndata: ${data}\n\n`)) return;
        cancel = this.#clock.after(limits.event_stream_interval_ms, next);
      };
      // The reader comes back by itself, and finds the refusal where it can be read.
      const next = (): void => void send().catch(() => sink.end());
      next();
    };
  }
}

/** What the inspector needs to draw one picture. */
export async function picture(
  api: EngineApi,
  clock: Clock,
  list: () => Promise<readonly unknown[]>,
): Promise<{
  readonly at: number;
  readonly counts: object;
  readonly connections: number;
  readonly dead_letters: number;
  readonly actors: readonly unknown[];
}> {
  const actors = await list();
  return {
    at: clock.now(),
    counts: api.ops.counts(),
    connections: api.sessions.connections().length,
    dead_letters: api.ops.deadLetters().total,
    actors,
  };
}
