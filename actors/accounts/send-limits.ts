/**
 * How many codes and links go out, to one address of a person and at one caller's wish: messages cost money, and a
 * stranger must not have us flood somebody. Counted before it is looked whether there is an account, so that being
 * refused tells nothing.
 */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';
import { TokenBuckets } from '../../engine/rate.ts';

export class SendLimits {
  readonly #clock: Clock;
  readonly #targets = new TokenBuckets();
  readonly #callers = new TokenBuckets();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param caller a network, or a device
   * @throws ThenarError rate_limited
   */
  take(tenantId: string, target: string, caller: string): void {
    const now = this.#clock.monotonic();
    const byCaller = this.#callers.take(
      caller,
      now,
      limits.messages_per_address_per_hour / 3600,
      limits.messages_per_address_burst,
    );
    if (!byCaller.ok) throw tooMany(byCaller.retryAfterMs);
    const byTarget = this.#targets.take(
      `${tenantId}/${target}`,
      now,
      limits.messages_per_target_per_hour / 3600,
      limits.messages_per_target_burst,
    );
    if (!byTarget.ok) throw tooMany(byTarget.retryAfterMs);
  }
}

function tooMany(retryAfterMs: number): ThenarError {
  return new ThenarError('rate_limited', 'Too many messages were asked for; try again later.', {
    retryAfterMs,
  });
}
