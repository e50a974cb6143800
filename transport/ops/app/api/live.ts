/** Actors as they are now, kept by the engine's stream: all of them once, then what changes, picture after picture. */
import { effect, signal } from '@preact/signals';
import { follow } from '../../../pages/app/api/events.ts';
import { open, unlocked } from './client.ts';
import type { Actor, Changes, Picture } from './wire.ts';

/** What the engine lists at most. */
export const LISTED_MAX = 10_000;
/** Pictures that the rate of messages is drawn of: a minute or two. */
const RATES_MAX = 90;

export interface Live {
  /** By address; the same map is changed with every picture. */
  readonly actors: ReadonlyMap<string, Actor>;
  readonly tenants: ReadonlyMap<string, string>;
  readonly picture: Picture;
  /** Messages handled a second, picture by picture, the newest last. */
  readonly rates: readonly number[];
}

/** A new value with every picture; null until the first one is complete. */
export const live = signal<Live | null>(null);
export const connected = signal(false);
/** Pictures are kept back while somebody looks at one. */
export const paused = signal(false);
/** By what the engine chooses those it lists, when there are more than it lists. */
export const chosenBy = signal<'active' | 'depth' | 'age' | 'failed' | 'restarts'>('active');

/** One line to the engine, from its first picture on. */
class Following {
  readonly #actors = new Map<string, Actor>();
  readonly #tenants = new Map<string, string>();
  /** What came since the last picture that is shown; null stands for those that went. */
  readonly #waiting = new Map<string, Actor | null>();
  #last: Picture | null = null;
  #rates: readonly number[];

  constructor(rates: readonly number[]) {
    this.#rates = rates;
  }

  take(event: string, data: string): void {
    if (event === 'actors') this.#wait(JSON.parse(data) as Changes);
    if (event !== 'picture') return;
    const picture = JSON.parse(data) as Picture;
    connected.value = true;
    for (const [tenantId, name] of Object.entries(picture.tenants)) this.#tenants.set(tenantId, name);
    this.#rate(picture);
    this.#last = picture;
    if (!paused.value) this.show();
  }

  show(): void {
    if (this.#last === null) return;
    for (const [address, actor] of this.#waiting) {
      if (actor === null) this.#actors.delete(address);
      else this.#actors.set(address, actor);
    }
    this.#waiting.clear();
    live.value = { actors: this.#actors, tenants: this.#tenants, picture: this.#last, rates: this.#rates };
  }

  #wait({ actors, gone }: Changes): void {
    for (const actor of actors) this.#waiting.set(actor.address, actor);
    for (const address of gone) this.#waiting.set(address, null);
  }

  #rate(picture: Picture): void {
    const handled = (of: Picture): number => of.counts.handled ?? 0;
    if (this.#last === null) return;
    const seconds = (picture.at - this.#last.at) / 1_000;
    if (seconds <= 0) return;
    const rate = Math.max(0, handled(picture) - handled(this.#last)) / seconds;
    this.#rates = [...this.#rates, rate].slice(-RATES_MAX);
  }
}

/** Follows for as long as the page lives; anew when a token was entered, or others are to be chosen. */
export function followActors(): void {
  let stop: () => void = () => undefined;
  let following = new Following([]);
  effect(() => {
    const query = new URLSearchParams({ sort: chosenBy.value, limit: String(LISTED_MAX) });
    unlocked.value;
    stop();
    stop = follow({
      open(signal) {
        // A line begins with everything; what is on screen stays until its first picture is complete.
        following = new Following(live.peek()?.rates ?? []);
        return open(`/actors/stream?${query}`, signal);
      },
      take: (event, data) => following.take(event, data),
      lost() {
        connected.value = false;
      },
    });
  });
  effect(() => {
    if (!paused.value) following.show();
  });
}
