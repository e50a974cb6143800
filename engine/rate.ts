import { limits } from './limits.ts';
import { RecentMap } from './recent.ts';

export interface RateDecision {
  readonly ok: boolean;
  /** Milliseconds until one request is allowed; 0 when this one was. */
  readonly retryAfterMs: number;
  /** Whole requests left at once. */
  readonly remaining: number;
  /** The burst, which is what the window allows. */
  readonly limit: number;
  /** Milliseconds until the whole burst is available again. */
  readonly resetMs: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * Token buckets by key. The number of keys is bounded; the longest unused one is forgotten, which only gives its
 * owner a fresh burst.
 */
export class TokenBuckets {
  readonly #buckets: RecentMap<string, Bucket>;
  /** When the last bucket that anything was taken from is full again. */
  #fullAt = 0;

  constructor(keysMax: number = limits.rate_keys_max) {
    this.#buckets = new RecentMap(keysMax);
  }

  /**
   * Takes one request from the bucket of `key`. A refused request costs nothing.
   * @param now milliseconds of a clock that never jumps
   * @param rate requests a second, sustained; above 0
   * @param burst requests at once, at least 1
   * @param cost 0 only looks whether a request would be allowed
   */
  take(key: string, now: number, rate: number, burst: number, cost: 0 | 1 = 1): RateDecision {
    const perMs = rate / 1000;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: burst, filledAt: now };
      this.#buckets.set(key, bucket);
    } else {
      const elapsed = Math.max(0, now - bucket.filledAt);
      bucket.tokens = Math.min(burst, bucket.tokens + elapsed * perMs);
      bucket.filledAt = Math.max(bucket.filledAt, now);
    }
    const ok = bucket.tokens >= 1;
    if (ok) bucket.tokens -= cost;
    const resetMs = Math.ceil((burst - bucket.tokens) / perMs);
    this.#fullAt = Math.max(this.#fullAt, now + resetMs);
    return {
      ok,
      retryAfterMs: ok ? 0 : Math.ceil((1 - bucket.tokens) / perMs),
      remaining: Math.floor(bucket.tokens),
      limit: burst,
      resetMs,
    };
  }

  /** Whether every bucket is full, whoever's: looking at one would say that a request is allowed. */
  allFull(now: number): boolean {
    return now >= this.#fullAt;
  }
}
