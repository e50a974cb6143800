/** Wrong pairing codes, limited per address and over the whole deployment: 45 bits are then out of reach. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';
import { TokenBuckets } from '../../engine/rate.ts';

const EVERYBODY = 'deployment';

export class PairingGuesses {
  readonly #clock: Clock;
  readonly #buckets = new TokenBuckets();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws ThenarError rate_limited when too many wrong codes came before. */
  assertAllowed(address: string): void {
    const decisions = [this.#take(address, 0), this.#take(EVERYBODY, 0)];
    const waitMs = Math.max(...decisions.map((decision) => decision.retryAfterMs));
    if (waitMs > 0) {
      throw new ThenarError('rate_limited', 'Too many wrong pairing codes; try again later.', {
        retryAfterMs: waitMs,
      });
    }
  }

  /** Counts a wrong code. Right ones cost nothing, so that a site may pair a hundred scanners at once. */
  wrong(address: string): void {
    this.#take(address, 1);
    this.#take(EVERYBODY, 1);
  }

  #take(key: string, cost: 0 | 1) {
    const perMinute =
      key === EVERYBODY ? limits.pairing_guesses_per_min : limits.pairing_guesses_per_address_per_min;
    return this.#buckets.take(key, this.#clock.monotonic(), perMinute / 60, perMinute, cost);
  }
}
