/**
 * Wrong guesses of secrets, counted by where they come from: what one target's own count cannot see, because each guess
 * is at another. Counts are in memory while the engine runs, and each wrong guess is committed before it is answered,
 * so that a restart gives nobody new tries.
 */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { networkOf } from '../../engine/network.ts';
import { type AuditEntry, type Clock, PLATFORM_TENANT, type Store } from '../../engine/ports.ts';
import { RecentMap } from '../../engine/recent.ts';
import type { AttemptRecord } from '../../engine/records.ts';
import { type Allowance, afterGuess, guessesHeld } from '../../engine/secrets/attempts.ts';

interface Count {
  record: AttemptRecord | null;
  /** Guesses that are being looked at: each may turn out wrong, so together with the wrong ones they stay within. */
  underWay: number;
  /** Guesses that wait for one under way to end. */
  waiting: (() => void)[];
}

export class Guesses {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #counts = new RecentMap<string, Promise<Count>>(limits.rate_keys_max);

  constructor({ clock, store }: { readonly clock: Clock; readonly store: Store }) {
    this.#clock = clock;
    this.#store = store;
  }

  /**
   * Looks at a secret while every allowance has room. Right ones cost nothing, however many come at once.
   * @param look resolves with null for a wrong secret; what it rejects with is held against nobody
   * @throws ThenarError `rate_limited` when too many wrong ones came before, `engine_busy` when too many wait
   */
  async guess<T>(allowances: readonly Allowance[], look: () => Promise<T | null>): Promise<T | null> {
    const counts = await Promise.all(allowances.map(({ target }) => this.#countOf(target)));
    const taken: Count[] = [];
    try {
      for (const [at, count] of counts.entries()) {
        await this.#take(allowances[at]!, count);
        taken.push(count);
      }
      const found = await look();
      if (found === null) await this.#wrong(allowances, counts);
      return found;
    } finally {
      for (const count of taken) release(count);
    }
  }

  /** One read a target, whoever asks first; one that fails is tried again. */
  #countOf(target: string): Promise<Count> {
    const known = this.#counts.get(target);
    if (known !== undefined) return known;
    const reading = this.#store.get('attempts', { target }).then(
      (record): Count => ({ record, underWay: 0, waiting: [] }),
      (error: unknown) => {
        this.#counts.delete(target);
        throw error;
      },
    );
    this.#counts.set(target, reading);
    return reading;
  }

  async #take(allowance: Allowance, count: Count): Promise<void> {
    for (;;) {
      const now = this.#clock.now();
      const held = guessesHeld(allowance, count.record, now);
      if (held >= allowance.max) throw tooMany((count.record?.lockedUntil ?? now) - now);
      if (held + count.underWay < allowance.max) break;
      if (count.waiting.length >= limits.guesses_waiting_max) {
        throw new ThenarError('engine_busy', 'Too many attempts at once.', { retryAfterMs: 1_000 });
      }
      await new Promise<void>((resolve) => count.waiting.push(resolve));
    }
    count.underWay += 1;
  }

  /** Counted at once and committed in that order, as commits of one tenant are. */
  async #wrong(allowances: readonly Allowance[], counts: readonly Count[]): Promise<void> {
    const now = this.#clock.now();
    const audit: AuditEntry[] = [];
    const rows = counts.map((count, at) => {
      const allowance = allowances[at]!;
      count.record = afterGuess(allowance, count.record, now);
      if (count.record.failures === allowance.max) audit.push(stopped(allowance));
      return count.record;
    });
    await this.#store.commit({
      tenantId: PLATFORM_TENANT,
      writes: rows.map((row) => ({ upsert: 'attempts', row })),
      audit,
    });
  }
}

function release(count: Count): void {
  count.underWay -= 1;
  for (const resume of count.waiting.splice(0)) resume();
}

/** Once a window, so that guessing does not fill the log. */
function stopped({ target, max, windowMs }: Allowance): AuditEntry {
  return {
    eventType: 'guesses_stopped',
    severity: 'warning',
    actor: 'engine',
    details: { target, guesses: max, within_s: windowMs / 1000 },
  };
}

function tooMany(retryAfterMs: number): ThenarError {
  return new ThenarError('rate_limited', 'Too many wrong guesses; try again later.', {
    retryAfterMs: Math.max(1, retryAfterMs),
  });
}

/** Pairing codes: 45 bits are out of reach at this pace, from one address or from many. */
export function pairingGuesses(address: string): readonly Allowance[] {
  const windowMs = 60_000;
  return [
    {
      target: `pairing/network/${networkOf(address)}`,
      max: limits.pairing_guesses_per_address_per_min,
      windowMs,
    },
    { target: 'pairing', max: limits.pairing_guesses_per_min, windowMs },
  ];
}

/** Passwords and codes from one address, at whatever accounts: one password tried at each of a million is a guess too. */
export function signInGuesses(address: string): readonly Allowance[] {
  const windowMs = limits.login_lock_ms;
  return [
    {
      target: `sign_in/network/${networkOf(address)}`,
      max: limits.sign_in_failures_per_address_max,
      windowMs,
    },
  ];
}

/**
 * A client's secret has 256 bits, so guesses are counted where they come from and never against the client alone:
 * its identifier is no secret, and nobody who knows it shall lock it out.
 */
export function clientSecretGuesses(clientId: string, address: string): readonly Allowance[] {
  const windowMs = limits.login_lock_ms;
  const target = `client/${clientId}/network/${networkOf(address)}`;
  return [
    { target, max: limits.client_secret_failures_per_address_max, windowMs },
    ...signInGuesses(address),
  ];
}
