import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';

/** Read at the first login: only the native code of passwords takes a while to load. */
const argon2 = () => import('@node-rs/argon2');

/** OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

/** A well-formed hash of the same cost that no password has, for accounts that do not exist. */
const NOBODY = `$argon2id$v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/**
 * Hashes and checks passwords with argon2id, off the main thread and few at a time: each takes 19 MiB and a core,
 * so without a bound a burst of logins would starve everything else.
 */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /**
   * @returns a PHC string that carries its own salt and cost
   * @throws ThenarError `validation_failed` beyond `limits.password_bytes_max`; `engine_busy` when too many wait
   */
  async hash(password: string): Promise<string> {
    if (!fits(password)) {
      throw new ThenarError(
        'validation_failed',
        `A password has at most ${limits.password_bytes_max} bytes.`,
      );
    }
    return this.#limited(async () => (await argon2()).hash(password, COST));
  }

  /**
   * Is this the password? Takes as long for an account that does not exist (`stored` null), so that nobody can tell
   * by the time which accounts do.
   * @throws ThenarError `engine_busy` when too many wait
   */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const usable = fits(password);
    const matches = await this.#limited(async () =>
      (await argon2()).verify(stored ?? NOBODY, usable ? password : ''),
    );
    return matches && usable && stored !== null;
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= limits.password_hashes_at_once) {
      if (this.#waiting.length >= limits.password_hashes_queued_max) {
        throw new ThenarError('engine_busy', 'Too many logins at once.', { retryAfterMs: 1_000 });
      }
      // The one that ends hands its place over, so `#running` stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

function fits(password: string): boolean {
  return Buffer.byteLength(password) <= limits.password_bytes_max;
}
