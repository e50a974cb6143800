import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Failure } from './failures.ts';

/**
 * How long a server that is away, or overloaded, is waited for. While the engine starts nobody waits for an answer and
 * there is nothing else to do, so it waits long; afterwards callers are told soon.
 */
export class Patience {
  #starting: boolean;

  constructor(starting: boolean) {
    this.#starting = starting;
  }

  get waitMs(): number {
    return this.#starting ? limits.database_start_wait_ms : limits.commit_wait_ms;
  }

  /** The engine has started. */
  end(): void {
    this.#starting = false;
  }

  /** Whether a statement that failed, certainly without effect, is tried again for as long as there is time. */
  triesAgain(failure: Failure): boolean {
    return this.#starting && failure.kind === 'failed' && isThenarError(failure.error, 'unavailable');
  }
}
